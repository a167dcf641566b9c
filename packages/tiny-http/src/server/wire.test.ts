import { fileURLToPath } from 'node:url'
import { startProgram } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { fuzz } from '../testing/fuzz.ts'

describe('serve, spoilt requests', () => {
  it('answers each once and in the same way however it is cut, or closes', async () => {
    const program = fileURLToPath(new URL('../testing/programs/counting-server.ts', import.meta.url))
    await using server = startProgram([process.execPath, program])
    const address = await server.listens()

    await fuzz(address, { seed: 1, isOver: (exchanges) => exchanges >= 600 })

    expect((await fetch(`http://${address.host}:${address.port}/`)).status).toBe(200)
    expect(server.stderr).toBe('')
  })
})
