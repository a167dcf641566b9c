import type { DefaultSerializer } from 'node:v8'
import { deadlineAfter, timeLeft } from './deadline.ts'
import { giveMutex, takeMutex } from './mutex.ts'
import { cannotCopy, pack, unpack } from './pack.ts'
import { Ring } from './ring.ts'
import { memoryFor, placeToSend, share } from './shared.ts'
import type { SharedMemory } from './shared-memory.ts'
import { ThreadError } from './thread-error.ts'

const KIND = 'fund.Queue'
const BYTES = 64 * 1024
const LEAST_BYTES = 64

// The words at the beginning.
const MUTEX = 0
const HEAD = 1
const TAIL = 2
const COUNT = 3
const CLOSED = 4
const PUTS = 5 // rises with every put and with close: getters wait on it
const GETS = 6 // rises with every get and with close: putters wait on it
const MOST = 7 // maxsize, 0 for none
const HEADER_BYTES = 32

/** What v8.serialize uses, with the method that it calls for typed arrays, which are copied. */
interface ViewSerializer extends DefaultSerializer {
  _writeHostObject(view: ArrayBufferView): void
}

/** How a {@link Queue} is made. */
export interface QueueOptions {
  /** What every thread of this process finds it by. Without one it is a queue of its own. */
  readonly name?: string | undefined
  /** How many values it holds at most, beside the limit in bytes: no limit when not said, or 0. */
  readonly maxsize?: number | undefined
  /** How many bytes its values take at most, four for each included: 65536 when not said. */
  readonly bytes?: number | undefined
}

/**
 * A queue from threads to threads: first in, first out, with any number of threads at both ends. Pass it to threads as an
 * argument or in a field, or give it a name: `new Queue('demo.q')` is the same queue in every thread of the process.
 *
 * Values are copied: numbers, strings, arrays, plain objects, and what else structured clone knows; not functions, threads or
 * shared memory. A Lock or another Queue can be put in only if it has a name. It is bounded: `put` waits while there is no room.
 *
 * `close` says that nothing more will come: what is in the queue is still got, and then `get` gives null. So a value of null
 * looks like the end, and can serve as one for a single getter, as `None` does in Python.
 *
 * @example
 * ```ts
 * import { Queue } from '@fund/threading'
 *
 * const queue = new Queue<string>()
 * queue.put('first')
 * queue.put('second')
 * queue.close()
 * for (const value of queue) console.log(value) // first, second
 * ```
 */
export class Queue<T = unknown> implements Iterable<T> {
  readonly #memory: SharedMemory
  readonly #words: Int32Array
  readonly #ring: Ring

  static {
    const revive = (place: string): Queue => new Queue(place)
    share(KIND, Queue.prototype, (each) => placeToSend(each.#memory), revive)
  }

  /**
   * @param options Its name, or its options.
   * @throws {ThreadError} `EEXIST` when a queue of that name has another size.
   */
  constructor(options?: string | QueueOptions) {
    const { place, bytes, maxsize } = read(options)
    const asked = bytes ?? BYTES
    if (!(Number.isInteger(asked) && asked >= LEAST_BYTES)) {
      throw new RangeError(`Cannot make a queue of ${asked} bytes: it is a whole number from ${LEAST_BYTES}`)
    }
    if (maxsize !== undefined && !(Number.isInteger(maxsize) && maxsize >= 0)) {
      throw new RangeError(`Cannot make a queue for ${maxsize} values: maxsize is a whole number from 0`)
    }
    this.#memory = memoryFor(KIND, place, HEADER_BYTES + asked, ({ buffer, offset }) => {
      new Int32Array(buffer, offset, HEADER_BYTES / 4)[MOST] = maxsize ?? 0
    })
    const { buffer, offset, name = '' } = this.#memory
    const size = this.#memory.bytes - HEADER_BYTES
    this.#words = new Int32Array(buffer, offset, HEADER_BYTES / 4)
    this.#ring = new Ring(new Uint8Array(buffer, offset + HEADER_BYTES, size), this.#words, HEAD, TAIL)
    if (bytes !== undefined && bytes !== size) {
      throw new ThreadError('otherSize', { kind: 'Queue', name, asked: `bytes: ${bytes}`, made: `bytes: ${size}` })
    }
    if (maxsize !== undefined && maxsize !== this.maxsize) {
      const made = `maxsize: ${this.maxsize}`
      throw new ThreadError('otherSize', { kind: 'Queue', name, asked: `maxsize: ${maxsize}`, made })
    }
  }

  /** How many values it holds at most; 0 when only their bytes are counted. */
  get maxsize(): number {
    return this.#words[MOST] as number
  }

  /** How many values are in it at this moment. */
  get size(): number {
    return Atomics.load(this.#words, COUNT)
  }

  /** Whether `close` was called. There may still be values to get. */
  get isClosed(): boolean {
    return Atomics.load(this.#words, CLOSED) === 1
  }

  /**
   * Puts a copy of a value in, at the end; stops this thread while there is no room.
   *
   * @param timeout In milliseconds; 0 never waits.
   * @throws {ThreadError} `ESHUTDOWN` when the queue is closed, also while waiting; `ETIMEDOUT` when the timeout passed;
   * `EMSGSIZE` when the value would not fit into an empty queue; `EINVAL` when it cannot be copied.
   */
  put(value: T, timeout?: number): void {
    const deadline = deadlineAfter(timeout)
    const record = encode(value)
    const { most } = this.#ring
    if (record.length > most) throw new ThreadError('tooBig', { bytes: record.length, room: most })
    while (true) {
      const gets = Atomics.load(this.#words, GETS) // before looking, so that no get is missed
      if (this.#tryPut(record)) return
      const left = timeLeft(deadline)
      if (left === 0) throw new ThreadError('full', { timeout: timeout as number })
      Atomics.wait(this.#words, GETS, gets, left)
    }
  }

  /**
   * Takes the oldest value out; stops this thread while there is none. Gives null once the queue is closed and empty, also to
   * those that are waiting then.
   *
   * @param timeout In milliseconds; 0 never waits.
   * @throws {ThreadError} `ETIMEDOUT` when the timeout passed.
   */
  get(timeout?: number): T | null {
    const deadline = deadlineAfter(timeout)
    while (true) {
      const puts = Atomics.load(this.#words, PUTS) // before looking, so that no put is missed
      const record = this.#tryGet()
      if (record !== undefined) return record === null ? null : (decode(record) as T)
      const left = timeLeft(deadline)
      if (left === 0) throw new ThreadError('empty', { timeout: timeout as number })
      Atomics.wait(this.#words, PUTS, puts, left)
    }
  }

  /** Takes values out until the queue is closed and empty. */
  *[Symbol.iterator](): Generator<T, void, void> {
    for (let value = this.get(); value !== null; value = this.get()) yield value
  }

  /** Lets nothing more in. Wakes all that wait: getters with null once the queue is empty, putters with `ESHUTDOWN`. */
  close(): void {
    takeMutex(this.#words, MUTEX)
    Atomics.store(this.#words, CLOSED, 1)
    giveMutex(this.#words, MUTEX)
    for (const bell of [PUTS, GETS]) {
      Atomics.add(this.#words, bell, 1)
      Atomics.notify(this.#words, bell)
    }
  }

  #tryPut(record: Uint8Array): boolean {
    const words = this.#words
    takeMutex(words, MUTEX)
    try {
      if (words[CLOSED] === 1) throw new ThreadError('closed')
      const count = words[COUNT] as number
      const most = words[MOST] as number
      if ((most > 0 && count >= most) || !this.#ring.push(record)) return false
      Atomics.store(words, COUNT, count + 1)
    } finally {
      giveMutex(words, MUTEX)
    }
    Atomics.add(words, PUTS, 1)
    Atomics.notify(words, PUTS, 1)
    return true
  }

  /** The oldest value's bytes; null at the end, undefined while there is nothing. */
  #tryGet(): Uint8Array | null | undefined {
    const words = this.#words
    let record: Uint8Array | undefined
    takeMutex(words, MUTEX)
    try {
      record = this.#ring.shift()
      if (record === undefined) return words[CLOSED] === 1 ? null : undefined
      Atomics.store(words, COUNT, (words[COUNT] as number) - 1)
    } finally {
      giveMutex(words, MUTEX)
    }
    Atomics.add(words, GETS, 1)
    Atomics.notify(words, GETS) // all of them: the one that is woken alone may have too big a value
    return record
  }
}

function encode(value: unknown): Uint8Array {
  const serializer = new (process.getBuiltinModule('node:v8').DefaultSerializer)() as ViewSerializer
  const writeView = serializer._writeHostObject
  serializer._writeHostObject = (view) => {
    // The copy would be nobody's: a Thread, for one, would never be seen to end.
    if (view.buffer instanceof SharedArrayBuffer) throw new TypeError('#<SharedArrayBuffer> could not be cloned.')
    writeView.call(serializer, view)
  }
  try {
    serializer.writeHeader()
    serializer.writeValue(pack(value, 'the value'))
    return serializer.releaseBuffer()
  } catch (error) {
    throw cannotCopy('the value', error)
  }
}

function decode(record: Uint8Array): unknown {
  return unpack(process.getBuiltinModule('node:v8').deserialize(record))
}

function read(options: string | QueueOptions | SharedMemory | undefined): {
  readonly place: string | SharedMemory | undefined
  readonly bytes?: number | undefined
  readonly maxsize?: number | undefined
} {
  if (typeof options !== 'object') return { place: options }
  if ('buffer' in options) return { place: options }
  return { place: options.name, bytes: options.bytes, maxsize: options.maxsize }
}
