import { spawn } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { bytes, readAll, text } from '../testing/bytes.ts'
import { collectEvents } from '../testing/collect-events.ts'
import { type Pair, pair } from '../testing/pair.ts'
import { requiresProgram } from '../testing/requires.ts'
import { hasSettled, until, untilSteady } from '../testing/until.ts'
import type { Connection } from './connection.ts'
import { listen } from './listen.ts'
import type { NetError } from './net-error.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Sends to a peer that does not read until `sendAll` has to wait; gives all that was sent, and the last promise. */
async function fill(connection: Connection): Promise<{ sent: Buffer[]; waiting: Promise<void> }> {
  const sent: Buffer[] = []
  while (sent.length < 2_000) {
    const chunk = bytes(64 * KiB, sent.length + 1)
    sent.push(chunk)
    const waiting = connection.sendAll(chunk)
    if (!(await hasSettledNow(waiting))) {
      const before = connection.queued
      await untilSteady('the system takes no more', () => connection.queued)
      if (connection.queued === before && !(await hasSettled(waiting))) return { sent, waiting }
    }
    await waiting
  }
  throw new Error('The peer takes everything: sendAll never has to wait')
}

/** Whether it is settled without a turn of the event loop. */
async function hasSettledNow(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending
}

const stuckPair = (): Promise<Pair> => pair({ isReading: false })

describe('Connection.sendAll', () => {
  it('sends bytes, and text as UTF-8', async () => {
    await using it = await pair()
    await it.connection.sendAll(Buffer.from([0, 255, 10]))
    await it.connection.sendAll('olá\n')

    expect(await it.peer.hears(8)).toEqual(Buffer.from([0, 255, 10, ...Buffer.from('olá\n')]))
  })

  it('sends the part of a buffer that it is given, no more', async () => {
    await using it = await pair()
    const whole = new Uint8Array([1, 2, 3, 4, 5])
    await it.connection.sendAll(whole.subarray(1, 3))
    await it.connection.closeWrite()

    expect([...(await it.peer.hearsAll())]).toEqual([2, 3])
  })

  it('sends nothing when there is nothing to send', async () => {
    await using it = await pair()
    await it.connection.sendAll('')
    await it.connection.sendAll(new Uint8Array())
    await it.connection.closeWrite()

    expect(await it.peer.hearsAll()).toHaveLength(0)
  })

  it('resolves at once while at most 64 KiB are queued, though nobody reads', async () => {
    await using it = await stuckPair()
    const { waiting } = await fill(it.connection)
    waiting.catch(() => {})
    expect(it.connection.queued).toBeGreaterThan(0)
    expect(it.connection.queued).toBeLessThanOrEqual(128 * KiB)
    it.peer.read()
    await waiting
    it.peer.socket.pause()

    // From an empty queue: the first 64 KiB may wait here, the byte above may not.
    await until('the queue is empty', () => it.connection.queued === 0)
    expect(await hasSettledNow(it.connection.sendAll(Buffer.alloc(64 * KiB)))).toBe(true)
  })

  it('waits for a peer that never reads, with a bounded queue', async () => {
    await using it = await stuckPair()
    const chunk = Buffer.alloc(64 * KiB)
    let sent = 0
    const endless = (async () => {
      while (sent < 5_000) {
        await it.connection.sendAll(chunk)
        sent += 1
      }
    })()
    endless.catch(() => {})
    await untilSteady('it is stuck', () => sent, 200)

    expect(it.connection.queued).toBeLessThanOrEqual(128 * KiB)
    expect(sent * chunk.length).toBeLessThan(32 * MiB) // what systems hold between two programs
    const before = sent
    await untilSteady('it stays stuck', () => sent)
    expect(sent).toBe(before)
    it.connection.abort()
    await expect(endless).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('goes on when the peer reads again, every byte in its place', async () => {
    await using it = await stuckPair()
    const { sent, waiting } = await fill(it.connection)

    it.peer.read()
    await waiting
    await it.connection.closeWrite()

    expect((await it.peer.hearsAll()).equals(Buffer.concat(sent))).toBe(true)
  })

  it('keeps messages whole and in order when several tasks send at once', async () => {
    await using it = await stuckPair()
    const sizes = [1, 300 * KiB, 10, 2 * MiB, 64 * KiB, 1, 257 * KiB, 5 * MiB, 3]
    const messages = sizes.map((size, index) => bytes(size, index + 1))
    const sendings = messages.map((message) => it.connection.sendAll(message))
    await nextTurn()

    it.peer.read()
    await Promise.all(sendings)
    await it.connection.closeWrite()

    expect((await it.peer.hearsAll()).equals(Buffer.concat(messages))).toBe(true)
  })

  it('counts in `queued` what waits, and nothing once the peer has it all', async () => {
    await using it = await stuckPair()
    const sending = it.connection.sendAll(Buffer.alloc(24 * MiB))
    await untilSteady('it is stuck', () => it.connection.queued)
    expect(it.connection.queued).toBeGreaterThan(4 * MiB)
    expect(it.connection.queued).toBeLessThanOrEqual(24 * MiB)

    it.peer.read()
    await sending
    await it.connection.closeWrite()

    expect(it.connection.queued).toBe(0)
    expect(await it.peer.hearsAll()).toHaveLength(24 * MiB)
  })

  it('is freed by the signal; says how much was sent, and breaks the connection off', async () => {
    await using it = await stuckPair()
    const controller = new AbortController()
    const sending = it.connection.sendAll(Buffer.alloc(32 * MiB), { signal: controller.signal })
    await untilSteady('it is stuck', () => it.connection.queued)
    const given = 32 * MiB - it.connection.queued

    const start = performance.now()
    controller.abort('enough')
    const error = (await sending.catch((failure: unknown) => failure)) as NetError

    expect(performance.now() - start).toBeLessThan(2_000)
    expect(error).toMatchObject({ code: 'ECANCELED', action: 'send', cause: 'enough', sent: expect.any(Number) })
    expect(error.sent).toBeGreaterThan(0)
    expect(error.sent).toBeLessThanOrEqual(given)
    expect(it.connection.isClosed).toBe(true)
    await expect(it.connection.sendAll('more')).rejects.toMatchObject({ code: 'EBADF', sent: 0 })
    it.peer.read()
    expect(await it.peer.ends()).toBe('ECONNRESET')
    expect(it.peer.heard).toBeGreaterThanOrEqual(0)
  })

  it('is freed when the time is over', async () => {
    await using it = await stuckPair()

    await expect(it.connection.sendAll(Buffer.alloc(32 * MiB), { timeout: 50 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      sent: expect.any(Number),
    })
    expect(it.connection.isClosed).toBe(true)
  })

  it('frees those behind it, too, with EBADF and nothing sent', async () => {
    await using it = await stuckPair()
    const controller = new AbortController()
    const first = it.connection.sendAll(Buffer.alloc(32 * MiB), { signal: controller.signal })
    const second = it.connection.sendAll('behind')
    const outcomes = Promise.allSettled([first, second])

    controller.abort()

    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'ECANCELED' } },
      { status: 'rejected', reason: { code: 'EBADF', sent: 0 } },
    ])
  })

  it('sends nothing when the signal has fired already', async () => {
    await using it = await pair()
    const signal = AbortSignal.abort('no need')

    await expect(it.connection.sendAll('no', { signal })).rejects.toMatchObject({ code: 'ECANCELED', sent: 0 })
    await it.connection.sendAll('yes')
    await it.connection.closeWrite()
    expect(String(await it.peer.hearsAll())).toBe('yes')
  })

  it('rejects a timeout that is none, and sends nothing then', async () => {
    await using it = await pair()

    await expect(it.connection.sendAll('no', { timeout: -1 })).rejects.toThrow(RangeError)
    await expect(it.connection.sendAll(Buffer.alloc(MiB), { timeout: -1 })).rejects.toThrow(RangeError)
    await it.connection.closeWrite()
    expect(await it.peer.hearsAll()).toHaveLength(0)
  })

  it('lets go of the signal when it succeeds', async () => {
    await using it = await pair()
    const { signal } = new AbortController()
    for (let round = 0; round < 20; round += 1) {
      await it.connection.sendAll(Buffer.alloc(512 * KiB), { signal, timeout: 60_000 })
      await it.connection.sendAll('short', { signal, timeout: 60_000 })
    }

    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('says that the peer broke off in the middle of a message', async () => {
    await using it = await stuckPair()
    const sending = it.connection.sendAll(Buffer.alloc(32 * MiB)).catch((error: unknown) => error)
    await untilSteady('it is stuck', () => it.connection.queued)

    it.peer.reset()

    const error = (await sending) as NetError
    expect(error).toMatchObject({ action: 'send', code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })
    expect(error.sent).toBeGreaterThanOrEqual(0)
    expect(error.sent).toBeLessThan(32 * MiB)
    await expect(it.connection.sendAll('more')).rejects.toMatchObject({ sent: 0 })
  })

  it('says that the peer broke off also when its FIN had come before', async () => {
    await using it = await stuckPair()
    it.peer.finish()
    expect(await it.connection.recv()).toBeNull()
    const sending = it.connection.sendAll(Buffer.alloc(32 * MiB)).catch((error: unknown) => error)
    await untilSteady('it is stuck', () => it.connection.queued)

    it.peer.reset()

    expect(await sending).toMatchObject({ action: 'send', code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })
  })

  it('fails in the end when the peer has gone, and nothing goes unhandled', async () => {
    await using it = await pair()
    it.peer.reset()
    let error: unknown
    for (let tries = 0; tries < 1_000 && error === undefined; tries += 1) {
      error = await it.connection.sendAll('anybody?').then(
        () => undefined,
        (failure: unknown) => failure,
      )
      await nextTurn()
    }

    expect(error).toMatchObject({ name: 'NetError', code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })
    expect(await it.connection.close()).toBe(false)
  })

  it('settles once, whatever the peer resets in the middle of: 300 times', async () => {
    const listener = await listen()
    let settled = 0
    const serving = listener.serve(async (connection) => {
      const receiving = connection.recv().then(
        () => (settled += 1),
        () => (settled += 1),
      )
      const sending = connection.sendAll(Buffer.alloc(256 * KiB)).then(
        () => (settled += 1),
        () => (settled += 1),
      )
      await Promise.all([receiving, sending])
    })
    const { rawPeer } = await import('../testing/raw-peer.ts')
    for (let round = 0; round < 300; round += 1) {
      const peer = await rawPeer(listener.address, { isReading: round % 2 === 0 })
      if (round % 3 === 0) await peer.send('x').catch(() => {})
      if (round % 5 === 0) await nextTurn()
      peer.reset()
    }
    await until('all have come', () => listener.stats.accepted === 300)
    await listener.shutdown({ deadline: 4_000 })
    await serving

    expect(settled).toBe(600)
  })

  it('is refused with EPIPE after closeWrite, and with EBADF after close or abort', async () => {
    await using it = await pair()
    await it.connection.closeWrite()
    await expect(it.connection.sendAll('more')).rejects.toMatchObject({
      code: 'EPIPE',
      sent: 0,
      message: `Cannot send to 127.0.0.1:${it.peer.port}: nothing more can be sent on this connection (EPIPE)`,
    })
    await it.connection.close()
    await expect(it.connection.sendAll('more')).rejects.toMatchObject({ code: 'EBADF', sent: 0 })

    await using other = await pair()
    const closing = other.connection.close()
    await expect(other.connection.sendAll('more')).rejects.toMatchObject({ code: 'EBADF', sent: 0 })
    await closing

    await using third = await pair()
    third.connection.abort()
    await expect(third.connection.sendAll('more')).rejects.toMatchObject({ code: 'EBADF', sent: 0 })
  })
})

describe('Connection.taken', () => {
  it('grows while the peer reads, also within one message', async () => {
    await using it = await stuckPair()
    const message = bytes(32 * MiB)
    expect(it.connection.trySend(message)).toBe('queued')
    await untilSteady('the system takes no more', () => it.connection.taken)
    const before = it.connection.taken
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(message.length)

    it.peer.read()
    await until('the system takes more, and not yet all', () => it.connection.taken > before)
    expect(it.connection.queued).toBeGreaterThanOrEqual(0)
    await it.connection.closeWrite()
    expect(it.connection.taken).toBe(message.length)
  })

  it('is waited for by an empty sendAll as by any other', async () => {
    await using it = await stuckPair()
    it.connection.trySend(bytes(16 * MiB))
    const waiting = it.connection.sendAll('')
    expect(await hasSettled(waiting)).toBe(false)

    it.peer.read()
    await waiting
    expect(it.connection.queued).toBeLessThanOrEqual(64 * KiB)
    await it.connection.sendAll('')
  })
})

describe('Connection.trySend', () => {
  it('says that the system took it', async () => {
    await using it = await pair()

    expect(it.connection.trySend('oi\n')).toBe('sent')
    expect(it.connection.queued).toBe(0)
    expect(String(await it.peer.hears(3))).toBe('oi\n')
  })

  it('says that it waits here, and then that there is too much here, taking nothing', async () => {
    await using it = await stuckPair()
    const chunk = bytes(16 * KiB)
    const results: string[] = []
    while (results.at(-1) !== 'over' && results.length < 4_000) {
      results.push(it.connection.trySend(chunk))
      if (results.at(-1) !== 'sent') await untilSteady('the system takes no more', () => it.connection.queued, 20)
    }

    expect([...new Set(results)]).toEqual(['sent', 'queued', 'over'])
    expect(it.connection.queued).toBeGreaterThan(64 * KiB)
    expect(it.connection.queued).toBeLessThanOrEqual(80 * KiB)
    const taken = results.length - 1
    it.peer.read()
    await it.connection.closeWrite()
    expect((await it.peer.hearsAll()).equals(Buffer.concat(Array(taken).fill(chunk)))).toBe(true)
  })

  it('takes more when it is allowed to', async () => {
    await using it = await stuckPair()
    const message = bytes(16 * MiB)
    expect(it.connection.trySend(message)).toBe('queued')
    expect(it.connection.trySend('no')).toBe('over')
    expect(it.connection.trySend('yes', { limit: Number.POSITIVE_INFINITY })).toBe('queued')

    it.peer.read()
    await it.connection.closeWrite()

    expect((await it.peer.hearsAll()).equals(Buffer.concat([message, Buffer.from('yes')]))).toBe(true)
  })

  it('never goes into the middle of a sendAll that is under way', async () => {
    await using it = await stuckPair()
    const message = bytes(16 * MiB)
    const sending = it.connection.sendAll(message)
    const result = it.connection.trySend('behind', { limit: Number.POSITIVE_INFINITY })
    expect(['queued', 'over']).toContain(result)

    it.peer.read()
    await sending
    await it.connection.closeWrite()

    const behind = result === 'queued' ? 'behind' : ''
    expect((await it.peer.hearsAll()).equals(Buffer.concat([message, Buffer.from(behind)]))).toBe(true)
  })

  it('sends a latin1 string as a byte for each character, whether or not anybody listens to the events', async () => {
    await using it = await pair()
    const text = Buffer.from(Array.from({ length: 256 }, (_, at) => at)).toString('latin1')

    expect(it.connection.trySend(text, { encoding: 'latin1' })).toBe('sent')
    using log = collectEvents()
    expect(it.connection.trySend(text, { encoding: 'latin1' })).toBe('sent')
    expect(it.connection.trySend('é')).toBe('sent')

    const heard = await it.peer.hears(514)
    expect(heard.toString('latin1', 0, 512)).toBe(text + text)
    expect(heard.toString('utf8', 512)).toBe('é')
    expect(log.of('send').map(({ n, offset }) => [n, offset])).toEqual([
      [256, 256],
      [2, 512],
    ])
  })

  it('holds back what has more behind it, until that comes or the connection closes', async () => {
    await using it = await pair()
    expect(it.connection.trySend('a', { more: true })).toBe('queued')
    expect(it.connection.trySend(Buffer.from('b'), { more: true })).toBe('queued')
    expect(it.connection.queued).toBe(2)
    expect(it.connection.taken).toBe(0)
    expect(it.connection.trySend('c', { encoding: 'latin1' })).toBe('sent')
    expect(it.connection.taken).toBe(3)
    expect(it.connection.trySend('d', { more: true })).toBe('queued')
    await it.connection.closeWrite()

    expect(String(await it.peer.hearsAll())).toBe('abcd')
  })

  it('says that nothing goes any more', async () => {
    await using it = await pair()
    await it.connection.closeWrite()
    expect(it.connection.trySend('more')).toBe('closed')

    await using other = await pair()
    other.connection.abort()
    expect(other.connection.trySend('more')).toBe('closed')
  })
})

describe('Connection.closeWrite', () => {
  it('lets the peer see the end, and goes on receiving', async () => {
    await using it = await pair({ holdsOn: true })
    await it.connection.sendAll('last words')
    await it.connection.closeWrite()
    expect(String(await it.peer.hearsAll())).toBe('last words')

    await it.peer.send('an answer')
    expect(text(await it.connection.recv())).toBe('an answer')
    it.peer.finish()
    expect(await it.connection.recv()).toBeNull()
  })

  it('leaves sending possible after the peer has half-closed', async () => {
    await using it = await pair({ holdsOn: true })
    await it.peer.send('question\n')
    it.peer.finish()
    expect(String(await readAll(it.connection))).toBe('question\n')

    await it.connection.sendAll('answer\n')
    await it.connection.closeWrite()

    expect(String(await it.peer.hearsAll())).toBe('answer\n')
  })

  it('sends the FIN behind all that was sent, though nobody reads yet', async () => {
    await using it = await stuckPair()
    const message = bytes(16 * MiB)
    const sending = it.connection.sendAll(message)
    const closing = it.connection.closeWrite()
    expect(await hasSettled(closing)).toBe(false)

    it.peer.read()
    await Promise.all([sending, closing])

    expect((await it.peer.hearsAll()).equals(message)).toBe(true)
  })

  it('may be called again, and resolves when the peer has gone', async () => {
    await using it = await stuckPair()
    const sending = it.connection.sendAll(Buffer.alloc(16 * MiB)).catch(() => {})
    const closings = [it.connection.closeWrite(), it.connection.closeWrite()]

    it.peer.reset()

    await Promise.all([...closings, sending])
    await it.connection.closeWrite()
  })

  it("answers a netcat that has half-closed: printf 'x\\n' | nc -N", async (context) => {
    const nc = requiresProgram(context, 'nc.openbsd')
    await using listener = await listen()
    void listener.serve(async (connection) => {
      const question = await readAll(connection)
      await connection.sendAll(`you said ${question}`)
    })
    const child = spawn('sh', ['-c', `printf 'x\\n' | ${nc} -N 127.0.0.1 ${listener.address.port}`])

    expect(String(await readStream(child.stdout))).toBe('you said x\n')
  })
})

async function readStream(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
