import { afterEach, describe, expect, it, vi } from 'vitest'
import { RunningProgram } from './run-program.ts'

afterEach(() => void vi.unstubAllEnvs())

describe('RunningProgram', () => {
  it('hears nothing of Node about colours, also where a terminal asked for them', async () => {
    vi.stubEnv('FORCE_COLOR', '1')
    await using program = new RunningProgram('-p', { args: ['1'] })

    expect(await program.ends()).toEqual({ code: 0, signal: null, stdout: '1\n', stderr: '' })
  })
})
