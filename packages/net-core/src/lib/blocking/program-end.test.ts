import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bytes } from '../../testing/bytes.ts'
import { startProgram } from '../../testing/program-process.ts'
import { rawListener } from '../../testing/raw-peer.ts'

const program = fileURLToPath(new URL('../../testing/programs/blocking-ends.ts', import.meta.url))
/** More than the system takes at once from a peer that does not read yet. */
const COUNT = 60_000
const MiB = 1024 * 1024

describe('what was sent when the program ends', () => {
  it.each([
    ['return', 0],
    ['exit', 7],
    ['throw', 1],
    ['threads', 7],
  ])('is delivered after %s', async (how, code) => {
    await using listener = await rawListener()
    const { port } = listener.address
    await using child = startProgram([process.execPath, program, String(port), String(COUNT), how])
    await using peer = await listener.accept()

    expect((await peer.hears(COUNT)).equals(bytes(COUNT))).toBe(true)
    expect(await child.ends()).toBe(code)
  })

  it.each([3, 300_000])('is delivered when an exit handler of the program sends %d bytes', async (count) => {
    await using listener = await rawListener()
    const { port } = listener.address
    await using child = startProgram([process.execPath, program, String(port), String(count), 'handler'])
    await using peer = await listener.accept()

    expect((await peer.hears(count)).equals(bytes(count))).toBe(true)
    expect(await child.ends()).toBe(0)
  })

  it('is delivered when an exit handler sends it in the thread that opened the first socket, which is not main', async () => {
    await using listener = await rawListener()
    const argv = [`${listener.address.port}`, '300000', 'handler']
    const main = `new (require('node:worker_threads').Worker)(${JSON.stringify(program)}, ${JSON.stringify({ argv })})`
    await using child = startProgram([process.execPath, '-e', main])
    await using peer = await listener.accept()

    expect((await peer.hears(300_000)).equals(bytes(300_000))).toBe(true)
    expect(await child.ends()).toBe(0)
  })

  it('is delivered though the peer begins to read late', async () => {
    await using listener = await rawListener({}, { isReading: false })
    const { port } = listener.address
    await using child = startProgram([process.execPath, program, String(port), String(MiB), 'exit'])
    await using peer = await listener.accept()
    peer.read()
    peer.socket.resume()

    expect((await peer.hears(MiB)).equals(bytes(MiB))).toBe(true)
    expect(await child.ends()).toBe(7)
  })
})

describe('a program that blocks', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('is ended by %s at once, since nobody handles it', async (signal) => {
    await using listener = await rawListener()
    await using child = startProgram([process.execPath, program, String(listener.address.port), '3', 'wait'])
    await using peer = await listener.accept()
    await peer.hears(3)

    child.signal(signal)

    expect(await child.ends()).toBe(signal)
  })
})
