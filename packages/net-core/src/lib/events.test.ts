import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, vi } from 'vitest'
import { bytes, text } from '../testing/bytes.ts'
import { startProgram } from '../testing/child-program.ts'
import { collectEvents } from '../testing/collect-events.ts'
import { pair } from '../testing/pair.ts'
import { rawPeer } from '../testing/raw-peer.ts'
import { until } from '../testing/until.ts'
import type { Address } from './address.ts'
import { DATA_BYTES, excerpt, isTelling, type NetEvent, subscribe } from './events.ts'
import { listen, socket } from './listen.ts'

const workerFile = new URL('../testing/programs/listening-worker.ts', import.meta.url)

/** Takes the next number, and gives it. */
function seqNow(): number {
  using log = collectEvents()
  socket()
  return log.events[0]?.seq ?? 0
}

describe('subscribe', () => {
  it('tells the whole life of an echo session, in order', async () => {
    using log = collectEvents()
    const listener = await listen()
    const accepting = listener.accept()
    await using peer = await rawPeer(listener.address)
    const connection = await accepting
    const receiving = connection.recv()
    await peer.send('oi\n')
    await connection.sendAll((await receiving) ?? '')
    const ending = connection.recv()
    peer.finish()
    expect(await ending).toBeNull()
    await connection.close()
    await listener.close()

    const here = `127.0.0.1:${listener.address.port}`
    const there = `127.0.0.1:${peer.port}`
    const conn = connection.id
    const data = new Uint8Array(Buffer.from('oi\n'))
    const facts = log.events.map(({ seq, t, lane, ...rest }) => rest)
    expect(facts).toEqual([
      { conn: 0, op: 'socket' },
      { conn: 0, op: 'bind', local: here },
      { conn: 0, op: 'listen', local: here },
      { conn: 0, op: 'wait', for: 'accept', local: here },
      { conn, op: 'accept', peer: there },
      { conn, peer: there, op: 'wait', for: 'recv' },
      { conn, peer: there, op: 'recv', n: 3, offset: 0, data },
      { conn, peer: there, op: 'send', n: 3, offset: 0, data },
      { conn, peer: there, op: 'wait', for: 'recv' },
      { conn, peer: there, op: 'eof', offset: 3 },
      { conn, peer: there, op: 'fin', offset: 3 },
      { conn, peer: there, op: 'close' },
      { conn: 0, op: 'close', local: here },
    ])
  })

  it('numbers events without a gap, and dates them on a clock that never goes back', async () => {
    using log = collectEvents()
    const before = Number(process.hrtime.bigint() / 1_000n)
    await using it = await pair()
    for (let round = 0; round < 20; round += 1) {
      await it.peer.send('x')
      await it.connection.recv()
    }
    const after = Number(process.hrtime.bigint() / 1_000n)

    const first = log.events[0]?.seq ?? 0
    expect(log.events.map(({ seq }) => seq)).toEqual(log.events.map((_, index) => first + index))
    expect(log.events.map(({ t }) => t)).toEqual(log.events.map(({ t }) => t).toSorted((a, b) => a - b))
    expect(log.events[0]?.t).toBeGreaterThanOrEqual(before)
    expect(log.events.at(-1)?.t).toBeLessThanOrEqual(after)
    expect(new Set(log.events.map(({ lane }) => lane))).toEqual(new Set(['main']))
  })

  it('joins offsets in each direction, whatever the pieces', async () => {
    using log = collectEvents()
    await using it = await pair()
    const received = it.peer.send(bytes(700_000)).then(() => it.peer.finish())
    let heard = 0
    for (let chunk = await it.connection.recv(10_000); chunk; chunk = await it.connection.recv(10_000)) {
      heard += chunk.length
    }
    await received
    for (const size of [1, 300_000, 5, 1_000_000]) await it.connection.sendAll(bytes(size))
    await it.connection.closeWrite()
    await it.peer.hearsAll()

    expect(heard).toBe(700_000)
    for (const [op, total] of [
      ['recv', 700_000],
      ['send', 1_300_006],
    ] as const) {
      let at = 0
      for (const { offset, n } of log.of(op)) {
        expect(offset).toBe(at)
        at += n ?? 0
      }
      expect(at).toBe(total)
    }
    expect(log.of('eof')).toMatchObject([{ offset: 700_000 }])
    expect(log.of('fin')).toMatchObject([{ offset: 1_300_006 }])
  })

  it('gives a copy of the first 256 bytes, no more', async () => {
    using log = collectEvents()
    await using it = await pair()
    const message = bytes(1_000)
    const first = new Uint8Array(message.subarray(0, DATA_BYTES))
    await it.connection.sendAll(message)
    await it.peer.hears(1_000)
    message.fill(0)
    await it.peer.send(bytes(1_000))
    const chunk = await it.connection.recv()
    chunk?.fill(0)

    expect(DATA_BYTES).toBe(256)
    expect(log.of('send')[0]?.data).toEqual(first)
    expect(log.of('recv')[0]?.data).toEqual(first)
  })

  it('tells that a send waits, a reset, and a listener that could not listen', async () => {
    using log = collectEvents()
    await using it = await pair({ isReading: false })
    await expect(listen(it.listener.address)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    const sending = it.connection.sendAll(Buffer.alloc(32 * 1024 * 1024)).catch(() => {})
    await log.tells('wait send')
    it.peer.reset()
    await sending
    await log.tells('close')

    expect(log.of('error')).toMatchObject([
      { conn: 0, code: 'EADDRINUSE', local: `127.0.0.1:${it.listener.address.port}` },
    ])
    expect(log.of('reset')).toMatchObject([{ conn: it.connection.id, code: 'ECONNRESET' }])
  })

  it('tells a FIN that nobody receives', async () => {
    using log = collectEvents()
    await using it = await pair()
    await it.peer.send('x')
    await it.connection.recv()
    it.peer.finish()
    await until(
      'it has come',
      () => it.connection.isClosed || log.of('eof').length > 0 || it.peer.socket.writableFinished,
    )
    await it.connection.close()

    expect(log.ops.filter((op) => op === 'close')).toHaveLength(1)
  })

  it('stops when it is asked to', async () => {
    const heard: NetEvent[] = []
    const unsubscribe = subscribe((event) => heard.push(event))
    socket()
    expect(heard.map(({ op }) => op)).toEqual(['socket'])

    unsubscribe()
    unsubscribe()
    socket()

    expect(heard).toHaveLength(1)
    expect(isTelling()).toBe(false)
  })

  it('tells every listener, and goes on for one when another stops', () => {
    using first = collectEvents()
    const second = collectEvents()
    socket()
    second[Symbol.dispose]()
    second[Symbol.dispose]()
    socket()

    expect(first.ops).toEqual(['socket', 'socket'])
    expect(second.ops).toEqual(['socket'])
  })

  it('lets a program end that has nothing else to do', async () => {
    await using program = startProgram('subscribed')

    expect(await program.ends()).toBe(0)
    const told: unknown[] = []
    for (let count = 0; count < 4; count += 1) told.push(await program.says())
    expect(told).toEqual(['socket', 'bind', 'listen', 'close'])
  })
})

describe('with nobody listening', () => {
  it('numbers, dates and publishes nothing', async () => {
    const before = seqNow()
    const publish = vi.spyOn(channel('fund:net'), 'publish')
    const hrtime = vi.spyOn(process, 'hrtime')
    try {
      expect(isTelling()).toBe(false)
      await using it = await pair()
      await it.peer.send('x')
      await it.connection.sendAll((await it.connection.recv()) ?? '')
      await it.connection.close()
      await it.listener.close()
      expect(publish).not.toHaveBeenCalled()
      expect(hrtime).not.toHaveBeenCalled()
    } finally {
      publish.mockRestore()
      hrtime.mockRestore()
    }
    expect(seqNow()).toBe(before + 1)
  })
})

describe('the channel fund:threading', () => {
  const threading = channel('fund:threading')

  it('is part of the one stream', () => {
    using log = collectEvents()

    threading.publish({ op: 'thread-start', name: 'Thread-1', t: 5 })
    threading.publish({ op: 'wait', for: 'join', name: 'main', t: 6 })
    threading.publish({ op: 'thread-end', name: 'Thread-1', t: 7 })

    expect(log.events.map(({ seq, ...rest }) => rest)).toEqual([
      { op: 'thread-start', lane: 'Thread-1', conn: 0, t: 5 },
      { op: 'wait', for: 'join', lane: 'main', conn: 0, t: 6 },
      { op: 'thread-end', lane: 'Thread-1', conn: 0, t: 7 },
    ])
  })

  it('takes no number while nobody listens', () => {
    const before = seqNow()
    threading.publish({ op: 'thread-start', name: 'Thread-1', t: 5 })
    expect(seqNow()).toBe(before + 1)
  })
})

describe('a worker thread', () => {
  it('is heard by the main thread, in a lane of its own', async () => {
    using log = collectEvents()
    const worker = new Worker(workerFile, { workerData: {} })
    const lane = `thread-${worker.threadId}`
    const [address] = (await once(worker, 'message')) as [Address]
    await using peer = await rawPeer(address)
    await peer.send('oi\n')
    expect(String(await peer.hears(3))).toBe('oi\n')
    peer.finish()
    await once(worker, 'exit')
    await until('its last word is heard', () => log.of('close').length === 2)

    const ofWorker = log.events.filter((event) => event.lane === lane)
    expect(ofWorker.map(({ op }) => op).filter((op) => op !== 'wait')).toEqual([
      'socket',
      'bind',
      'listen',
      'accept',
      'recv',
      'send',
      'eof',
      'fin',
      'close',
      'close',
    ])
    const recv = ofWorker.find(({ op }) => op === 'recv')
    expect(recv).toMatchObject({ n: 3, offset: 0, peer: `127.0.0.1:${peer.port}` })
    expect(text(recv?.data ?? null)).toBe('oi\n')
    const seqs = log.events.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(new Set(seqs).size).toBe(seqs.length)
  })

  it('is in the lane that its name gives, when @fund/threading gave it one', async () => {
    using log = collectEvents()
    const worker = new Worker(workerFile, { workerData: { sockets: 1, fundThread: { name: 'Thread-1 (serve)' } } })
    await once(worker, 'exit')

    await until('it is heard', () => log.of('socket').length === 1)
    expect(log.of('socket')).toMatchObject([{ lane: 'Thread-1 (serve)' }])
  })

  it('goes on being heard when another listener of the main thread stops', async () => {
    const first = collectEvents()
    using second = collectEvents()
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    const worker = new Worker(workerFile, { workerData: { sockets: 3 } })
    await once(worker, 'exit')

    await until('it is heard', () => second.of('socket').length === 3)
    expect(first.events).toEqual([])
  })

  it('is heard again by one that listens later', async () => {
    for (let round = 0; round < 3; round += 1) {
      using log = collectEvents()
      const worker = new Worker(workerFile, { workerData: { sockets: 2 } })
      await once(worker, 'exit')
      await until('it is heard', () => log.of('socket').length === 2)
    }
  })

  it('is not delayed by a main thread that does not look; what finds no room is counted and told', async () => {
    using log = collectEvents()
    const sockets = 30_000
    const finished = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(workerFile, { workerData: { sockets, finished } })
    const exit = once(worker, 'exit')
    await once(worker, 'online')
    // The main thread does nothing at all until the worker is done.
    expect(Atomics.wait(finished, 0, 0, 8_000)).not.toBe('timed-out')
    await exit
    const isLoss = ({ code }: NetEvent): boolean => code === 'EOVERFLOW'
    await until('the loss is told', () => log.events.some(isLoss))

    const told = log.of('socket').length
    const lost = log.events.filter(isLoss).reduce((sum, { n }) => sum + (n ?? 0), 0)
    expect(told).toBeGreaterThan(5_000)
    expect(told + lost).toBe(sockets)
    expect(log.events.filter(isLoss)[0]).toMatchObject({ op: 'error', conn: 0, lane: 'main' })
    const seqs = log.events.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  })

  it('is heard together with others, no event lost or garbled', async () => {
    using log = collectEvents()
    const workers = Array.from({ length: 4 }, () => new Worker(workerFile, { workerData: { sockets: 1_000 } }))
    const lanes = workers.map(({ threadId }) => `thread-${threadId}`)
    await Promise.all(workers.map((worker) => once(worker, 'exit')))
    await until('all are heard', () => log.of('socket').length === 4_000)

    for (const lane of lanes) expect(log.events.filter((event) => event.lane === lane)).toHaveLength(1_000)
    expect(new Set(log.events.map(({ seq }) => seq)).size).toBe(4_000)
    expect(log.events.every(({ op, conn }) => op === 'socket' && conn === 0)).toBe(true)
  })
})

describe('excerpt', () => {
  it('is shorter for shorter messages', () => {
    expect(excerpt(new Uint8Array([1, 2]))).toEqual(new Uint8Array([1, 2]))
    expect(excerpt(new Uint8Array())).toEqual(new Uint8Array())
  })
})
