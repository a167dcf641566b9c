import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { getAll, getFromEach, putAll, putIntoEach } from '../testing/targets.ts'
import { Event } from './event.ts'
import { Lock } from './lock.ts'
import { Queue } from './queue.ts'
import { SharedList } from './shared-list.ts'
import { Thread } from './thread.ts'
import { ThreadError } from './thread-error.ts'

/** What a call throws says in its `code`. */
function codeOf(call: () => unknown): string | undefined {
  try {
    call()
  } catch (error) {
    if (error instanceof ThreadError) return error.code
    throw error
  }
  return undefined
}

describe('Queue', () => {
  it('gives a copy of what was put in, first in, first out', () => {
    const queue = new Queue()
    const values = [1, 'dois', true, null, [1, [2]], { a: { b: 'ç' } }, 1n, new Date(5), undefined, '']

    for (const value of values) queue.put(value)

    expect(queue.size).toBe(values.length)
    expect(values.map(() => queue.get())).toEqual(values)
    expect(queue.size).toBe(0)
  })

  it('keeps any values in order across the end of its memory', () => {
    const json = fc.array(fc.oneof(fc.jsonValue(), fc.string({ maxLength: 60 })), { maxLength: 30 })
    fc.assert(
      fc.property(json, fc.integer({ min: 700, max: 900 }), (values, bytes) => {
        const queue = new Queue({ bytes })
        const waiting: unknown[] = []
        for (const value of values) {
          while (true) {
            const code = codeOf(() => queue.put(value, 0))
            if (code === undefined) waiting.push(value)
            if (code !== 'ETIMEDOUT') break
            expect(queue.get()).toEqual(waiting.shift())
          }
        }
        for (const value of waiting) expect(queue.get()).toEqual(value)
        expect(codeOf(() => queue.get(0))).toBe('ETIMEDOUT')
      }),
    )
  })

  it('loses nothing, and keeps the order of each, with many at both ends', () => {
    const queue = new Queue<number>({ bytes: 256 })
    const seen = new SharedList({ capacity: 3_000 })

    const getters = [1, 2, 3].map(() => new Thread(getAll, queue, seen).start())
    const putters = [0, 1_000, 2_000].map((from) => new Thread(putAll, queue, from, from + 1_000).start())
    for (const putter of putters) putter.join()
    queue.close()
    for (const getter of getters) getter.join()

    expect(seen.snapshot().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 3_000 }, (_, i) => i))
  })

  it('gives a single getter what each putter put, in order', () => {
    const queue = new Queue<number>({ maxsize: 2 })
    const putters = [0, 1_000].map((from) => new Thread(putAll, queue, from, from + 500).start())
    const got = Array.from({ length: 1_000 }, () => queue.get() as number)

    for (const putter of putters) putter.join()

    expect(got.filter((value) => value < 1_000)).toEqual(Array.from({ length: 500 }, (_, i) => i))
    expect(got.filter((value) => value >= 1_000)).toEqual(Array.from({ length: 500 }, (_, i) => 1_000 + i))
  })

  it('wakes a waiting getter for each value, a thousand times', () => {
    const queues = Array.from({ length: 1_000 }, () => new Queue({ bytes: 64 }))
    const answers = new Queue()
    const thread = new Thread(getFromEach, queues, answers).start()

    for (const [index, queue] of queues.entries()) {
      queue.put(index) // the other is just about to wait for it
      expect(answers.get(5_000)).toBe(index)
    }

    thread.join()
  })

  it('says when nothing came, and when there was no room, in time', () => {
    const queue = new Queue({ maxsize: 1 })

    expect(() => queue.get(20)).toThrow('Cannot get from the queue: nothing came in 20 ms (ETIMEDOUT)')
    queue.put(1)
    expect(() => queue.put(2, 20)).toThrow('Cannot put into the queue: there was no room for 20 ms (ETIMEDOUT)')
    expect(queue.get()).toBe(1)
    expect(() => queue.get(-1)).toThrow(RangeError)
  })

  it('goes through what comes until it is closed', () => {
    const queue = new Queue<number>()
    const putter = new Thread(putAll, queue, 0, 10).start()
    putter.join()
    queue.close()

    expect([...queue]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(queue.isClosed).toBe(true)
    expect(queue.get()).toBeNull()
    expect(() => queue.put(1)).toThrow('Cannot put into the queue: it is closed (ESHUTDOWN)')
    queue.close()
  })

  it('wakes those that wait when it is closed: getters with null, putters with ESHUTDOWN', () => {
    const empty = Array.from({ length: 200 }, () => new Queue({ bytes: 64 }))
    const full = Array.from({ length: 200 }, () => new Queue({ maxsize: 1 }))
    for (const queue of full) queue.put(1)
    const [gets, puts] = [new Queue(), new Queue()]
    const threads = [
      ...[1, 2].map(() => new Thread(getFromEach, empty, gets).start()),
      ...[1, 2].map(() => new Thread(putIntoEach, full, puts).start()),
    ]

    for (const [index, queue] of empty.entries()) {
      queue.close()
      full[index]?.close()
      for (let i = 0; i < 2; i += 1) {
        expect(gets.get(5_000)).toBeNull()
        expect(puts.get(5_000)).toBe('ESHUTDOWN')
      }
    }

    for (const thread of threads) thread.join()
  })

  it('carries what is shared if it has a name, and says so if it has none', () => {
    const queue = new Queue()
    queue.put({ event: new Event('queue.test') })

    const { event } = queue.get() as { event: Event }
    event.set()

    expect(new Event('queue.test').isSet).toBe(true)
    expect(codeOf(() => queue.put(new Lock()))).toBe('EINVAL')
    expect(codeOf(() => queue.put(() => {}))).toBe('EINVAL')
  })

  it('refuses shared memory, and a thread, of which a copy would be dead', () => {
    const queue = new Queue()
    const shared = new SharedArrayBuffer(8)
    const words = 'Cannot copy the value between threads: #<SharedArrayBuffer> could not be cloned. (EINVAL)'
    const thread = new Thread(putAll, queue, 0, 0).start()

    for (const value of [
      shared,
      new Int32Array(shared),
      new DataView(shared),
      Buffer.from(shared),
      thread,
      new Lock(),
    ]) {
      expect(() => queue.put({ value })).toThrow(words)
    }
    queue.put(Int32Array.of(1, 2))
    expect(queue.get()).toEqual(Int32Array.of(1, 2))
    thread.join()
  })

  it('refuses what would never fit', () => {
    const queue = new Queue<string>({ bytes: 100 })

    expect(() => queue.put('x'.repeat(200))).toThrow(/^Cannot put \d+ bytes into the queue: it has 95 \(EMSGSIZE\)/)
    queue.put('x'.repeat(90))
    expect(queue.get()).toBe('x'.repeat(90))
  })

  it('has one state by name, which keeps its size', () => {
    new Queue({ name: 'queue.test', bytes: 1_000, maxsize: 3 }).put('here')

    expect(new Queue('queue.test').maxsize).toBe(3)
    expect(new Queue('queue.test').get()).toBe('here')
    expect(codeOf(() => new Queue({ name: 'queue.test', bytes: 2_000 }))).toBe('EEXIST')
    expect(codeOf(() => new Queue({ name: 'queue.test', maxsize: 4 }))).toBe('EEXIST')
    expect(() => new Queue({ bytes: 1 })).toThrow(RangeError)
    expect(() => new Queue({ maxsize: -1 })).toThrow(RangeError)
  })
})
