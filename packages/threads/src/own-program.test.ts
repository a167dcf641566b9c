import { fileURLToPath } from 'node:url'
import { connect } from '@fund/net-core'
import { startProgram } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('testing/own-program.ts', import.meta.url))
const firstInThread = fileURLToPath(new URL('testing/first-in-thread.ts', import.meta.url))

describe("a user's own program, all of whose threads are blocked", () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('is ended by %s at once, with clients connected', async (signal) => {
    await using running = startProgram([process.execPath, program, 'join'])
    const address = await running.listens()
    const clients = await Promise.all([connect(address), connect(address)])
    for (const client of clients) {
      await client.sendAll('oi\n')
      expect(String(await client.recv())).toBe('oi\n')
    }

    running.signal(signal)

    expect(await running.ends()).toBe(signal)
    expect(running.stderr).toBe('')
    for (const client of clients) client.abort()
  })

  it('ends by process.exit, though its threads stand in accept and recv', async () => {
    await using running = startProgram([process.execPath, program, 'exit'])
    const address = await running.listens()
    const clients = await Promise.all([connect(address), connect(address)])
    for (const client of clients) {
      await client.sendAll('oi\n')
      expect(String(await client.recv())).toBe('oi\n')
    }

    const third = await connect(address)

    expect(await running.ends()).toBe(7)
    expect(running.stderr).toBe('')
    for (const client of [...clients, third]) client.abort()
  })
})

describe("a user's own program, whose main thread has not loaded the sockets", () => {
  it('is told the mend in every call when the thread that opened the first socket has ended', async () => {
    await using running = startProgram([process.execPath, firstInThread])

    expect(await running.ends()).toBe(0)
    expect(running.stdout).toMatch(/^(Cannot use a socket: the thread .* ended, .* in the main thread, too\n){3}$/)
    expect(running.stderr).toBe('')
  })
})
