import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { collectEvents } from '../testing/collect-events.ts'
import { until, untilSteady } from '../testing/until.ts'
import { isRingWatched, nextConn, nextSeq, watchRing } from './event-ring.ts'
import { isTelling } from './events.ts'
import { socket } from './listen.ts'

const program = (name: string): URL => new URL(`../testing/programs/${name}.ts`, import.meta.url)

describe('nextSeq and nextConn', () => {
  it('count up by one', () => {
    expect(nextSeq() + 1).toBe(nextSeq())
    expect(nextConn() + 1).toBe(nextConn())
  })
})

describe('the ring', () => {
  it('is for other threads: one that watches it does not write into it', () => {
    using log = collectEvents()
    expect(isTelling()).toBe(true)
    expect(isRingWatched()).toBe(false)
    socket()

    expect(log.ops).toEqual(['socket'])
  })

  it('has one watcher at a time', () => {
    using _log = collectEvents()

    expect(watchRing(() => {})).toBe(false)
  })

  it('lets a thread that listens itself be heard in the watching one, too', async () => {
    using log = collectEvents()
    const worker = new Worker(program('subscribed-worker'))
    const lane = `thread-${worker.threadId}`
    const exit = once(worker, 'exit')
    const [heard] = await once(worker, 'message')
    await exit
    await until('it is heard here', () => log.of('socket').length === 2)

    expect(heard).toEqual([`${lane} socket`, `${lane} socket`])
    expect(log.events.map((event) => event.lane)).toEqual([lane, lane])
  })

  it('tells one that stops listening what was written by then', async () => {
    const log = collectEvents()
    const finished = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(program('listening-worker'), { workerData: { sockets: 3, finished } })
    const exit = once(worker, 'exit')
    await once(worker, 'online')
    expect(Atomics.wait(finished, 0, 0, 8_000)).not.toBe('timed-out') // and nobody has looked

    log[Symbol.dispose]()

    expect(log.ops).toEqual(['socket', 'socket', 'socket'])
    await exit
  })

  it('carries many times what it holds: each event whole, or counted as lost', async () => {
    using log = collectEvents()
    const each = 15_000
    const workers = [1, 2, 3].map(() => new Worker(program('listening-worker'), { workerData: { sockets: each } }))
    await Promise.all(workers.map((worker) => once(worker, 'exit')))
    const lost = (): number => log.of('error').reduce((sum, { n }) => sum + (n ?? 0), 0)
    await until('all are accounted for', () => log.of('socket').length + lost() === 3 * each)

    expect(log.events.every(({ op, conn }) => conn === 0 && (op === 'socket' || op === 'error'))).toBe(true)
    const seqs = log.of('socket').map(({ seq }) => seq)
    expect(new Set(seqs).size).toBe(seqs.length)
  })

  it('survives threads that are terminated in the middle of a record', async () => {
    using log = collectEvents()
    for (let round = 0; round < 15; round += 1) {
      const worker = new Worker(program('tireless-worker'))
      const before = log.events.length
      await until('it is heard', () => log.events.length > before + 20)
      await worker.terminate()
      log.events.length = 0
    }
    await untilSteady('what they left is cleared away', () => log.events.length, 500)
    const healthy = new Worker(program('listening-worker'), { workerData: { sockets: 3 } })
    await once(healthy, 'exit')

    await until('another thread is heard', () => log.of('socket').length === 3)
  })
})
