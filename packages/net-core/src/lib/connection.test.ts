import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes, readAll } from '../testing/bytes.ts'
import { rawPeer } from '../testing/raw-peer.ts'
import { until } from '../testing/until.ts'
import { connect } from './connect.ts'
import type { Connection } from './connection.ts'
import { listen } from './listen.ts'
import { NetError } from './net-error.ts'

/** How one side sends: the sizes of its messages, and what it does between them. */
interface Sending {
  sizes: number[]
  calls: ('await' | 'at once' | 'trySend' | 'pause')[]
}

/** How the other side receives it. */
interface Receiving {
  maxes: number[]
  calls: ('recv' | 'called off' | 'timeout' | 'pause' | 'tap')[]
}

const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 70_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200_000, max: 700_000 }) },
)
const max = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 100_000 }), fc.constant(65_536))
const sending: fc.Arbitrary<Sending> = fc.record({
  sizes: fc.array(size, { maxLength: 12 }),
  calls: fc.array(fc.constantFrom('await', 'at once', 'trySend', 'pause'), { minLength: 1, maxLength: 5 }),
})
const receiving: fc.Arbitrary<Receiving> = fc.record({
  maxes: fc.array(max, { minLength: 1, maxLength: 6 }),
  calls: fc
    .array(fc.constantFrom('recv', 'called off', 'timeout', 'pause', 'tap'), { minLength: 1, maxLength: 8 })
    .filter((calls) => calls.some((call) => call === 'recv' || call === 'tap')),
})

/** Sends all messages, half-closes, and gives what it has sent. */
async function send(connection: Connection, { sizes, calls }: Sending): Promise<Buffer> {
  const messages: Buffer[] = []
  const underWay: Promise<void>[] = []
  for (const [index, length] of sizes.entries()) {
    const call = calls[index % calls.length]
    if (call === 'pause') await nextTurn()
    const message = bytes(length, index + 1)
    if (call === 'trySend') {
      // What is not taken must not come; then it is sent otherwise.
      const result = connection.trySend(message)
      if (result === 'closed') throw new Error('closed too early')
      if (result === 'over') underWay.push(connection.sendAll(message))
    } else {
      const sent = connection.sendAll(message)
      if (call === 'await') await sent
      else underWay.push(sent)
    }
    messages.push(message)
  }
  const closing = connection.closeWrite()
  await Promise.all(underWay)
  await closing
  return Buffer.concat(messages)
}

/** Receives all there is, in one of many ways. */
async function receive(connection: Connection, { maxes, calls }: Receiving): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (let turn = 0; ; turn += 1) {
    // Byte by byte it would take minutes: after a while it is less particular.
    const isPatient = turn < 300
    const call = isPatient ? calls[turn % calls.length] : 'recv'
    const most = isPatient ? (maxes[turn % maxes.length] as number) : 65_536
    if (call === 'pause') await nextTurn()
    if (call === 'tap') return Buffer.concat([...chunks, await receiveByTap(connection)])
    const controller = new AbortController()
    if (call === 'called off') setImmediate(() => controller.abort())
    const timeout = call === 'timeout' ? 0 : undefined
    try {
      const chunk = await connection.recv(most, { signal: controller.signal, timeout })
      if (chunk === null) return Buffer.concat(chunks)
      expect(chunk.length).toBeGreaterThanOrEqual(1)
      expect(chunk.length).toBeLessThanOrEqual(most)
      chunks.push(chunk)
    } catch (error) {
      if (!(error instanceof NetError) || !['ECANCELED', 'ETIMEDOUT'].includes(error.code)) throw error
    }
  }
}

function receiveByTap(connection: Connection): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    const tap = connection.onChunk((chunk, error) => {
      if (error) reject(error)
      if (!chunk) return resolve(Buffer.concat(chunks))
      chunks.push(chunk)
      if (chunks.length % 3 !== 0) return
      tap.pause()
      setImmediate(() => tap.resume())
    })
  })
}

describe('Connection', () => {
  it('gives the bytes that went in, whatever the cuts and the order of the calls, both ways at once', async () => {
    await using listener = await listen()
    await fc.assert(
      fc.asyncProperty(sending, receiving, sending, receiving, async (out, reading, back, readingBack) => {
        const accepting = listener.accept()
        const client = await connect(listener.address)
        const connection = await accepting
        try {
          const [sent, heardBack, answered, heard] = await Promise.all([
            send(client, out),
            receive(client, readingBack),
            send(connection, back),
            receive(connection, reading),
          ])
          expect(heard.equals(sent)).toBe(true)
          expect(heardBack.equals(answered)).toBe(true)
          expect(await Promise.all([client.close(), connection.close()])).toEqual([true, true])
        } finally {
          client.abort()
          connection.abort()
        }
      }),
      { numRuns: 150, interruptAfterTimeLimit: 5_000 },
    )
  })
})

describe('a peer that behaves badly', () => {
  it('stops nobody else: silent, slow, half-closing, resetting, never reading, one byte at a time', async () => {
    await using listener = await listen()
    const failures: unknown[] = []
    void listener.serve(
      async (connection) => {
        for (let data = await connection.recv(); data; data = await connection.recv()) await connection.sendAll(data)
      },
      { onError: (error) => failures.push(error) },
    )
    await using _silent = await rawPeer(listener.address)
    await using deaf = await rawPeer(listener.address, { isReading: false })
    void deaf.send(bytes(24_000_000)).catch(() => {})
    await using halfClosing = await rawPeer(listener.address)
    await halfClosing.send('half\n')
    halfClosing.finish()
    await using resetting = await rawPeer(listener.address)
    await resetting.send('gone\n')
    resetting.reset()
    await using dripping = await rawPeer(listener.address)
    const message = 'one byte at a time\n'
    const drip = dripping.drip(message)

    await using good = await rawPeer(listener.address)
    for (let round = 0; round < 100; round += 1) {
      await good.send(`round ${round}\n`)
      expect(String(await good.hears(`round ${round}\n`.length))).toBe(`round ${round}\n`)
    }
    await drip
    expect(String(await dripping.hears(message.length))).toBe(message)
    expect(String(await halfClosing.hearsAll())).toBe('half\n')
    await until('three are left behind', () => listener.stats.active === 4)
    for (const error of failures) expect(error).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })
  })

  it('is served to its last byte when it half-closes at once', async () => {
    await using listener = await listen()
    void listener.serve(async (connection) => {
      const question = await readAll(connection)
      await connection.sendAll(question)
      await connection.sendAll(bytes(1_000_000))
    })
    await using peer = await rawPeer(listener.address)
    void peer.send('all at once\n')
    peer.finish()

    expect((await peer.hearsAll()).equals(Buffer.concat([Buffer.from('all at once\n'), bytes(1_000_000)]))).toBe(true)
  })

  it('gets 1 MiB also when it reads slowly', async () => {
    await using listener = await listen()
    const message = bytes(1024 * 1024)
    void listener.serve((connection) => connection.sendAll(message))
    await using peer = await rawPeer(listener.address, { isReading: false })
    const chunks: Buffer[] = []
    await until('it has read everything', async () => {
      const chunk = peer.socket.read(Math.min(8_192, peer.socket.readableLength || 1)) as Buffer | null
      if (chunk) chunks.push(chunk)
      return chunks.reduce((sum, { length }) => sum + length, 0) >= message.length
    })

    expect(Buffer.concat(chunks).equals(message)).toBe(true)
  })
})
