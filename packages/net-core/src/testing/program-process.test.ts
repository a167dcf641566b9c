import { afterEach, describe, expect, it, vi } from 'vitest'
import { startProgram } from './program-process.ts'

afterEach(() => void vi.unstubAllEnvs())

describe('startProgram', () => {
  it('hears nothing of Node about colours, also where a terminal asked for them', async () => {
    vi.stubEnv('FORCE_COLOR', '1')
    await using program = startProgram([process.execPath, '-p', '1'], { env: { NO_COLOR: '1' } })

    expect(await program.ends()).toBe(0)
    expect(program.stderr).toBe('')
  })
})
