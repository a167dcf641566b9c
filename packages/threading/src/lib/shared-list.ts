import { giveMutex, takeMutex } from './mutex.ts'
import { memoryFor, placeToSend, share } from './shared.ts'
import type { SharedMemory } from './shared-memory.ts'
import { ThreadError } from './thread-error.ts'

const KIND = 'fund.SharedList'
const MUTEX = 0
const LENGTH = 1
const HEADER_BYTES = 8
const CAPACITY = 1024

/** How a {@link SharedList} is made. */
export interface SharedListOptions {
  /** What every thread of this process finds it by. Without one it is a list of its own. */
  readonly name?: string | undefined
  /** How many numbers it can hold: 1024 when not said. */
  readonly capacity?: number | undefined
}

/**
 * A list of numbers that all threads share: what a module-level `connections = []` is in Python, under one lock. Pass it to
 * threads as an argument or in a field, or give it a name: `new SharedList('demo.list')`.
 *
 * @example
 * ```ts
 * import { SharedList } from '@fund/threading'
 *
 * const sockets = new SharedList('demo.sockets')
 * sockets.add(7)
 * sockets.add(9)
 * sockets.remove(7)
 * console.log(sockets.snapshot()) // [ 9 ]
 * ```
 */
export class SharedList implements Iterable<number> {
  readonly #memory: SharedMemory
  readonly #words: Int32Array
  readonly #numbers: Float64Array

  static {
    const revive = (place: string): SharedList => new SharedList(place)
    share(KIND, SharedList.prototype, (each) => placeToSend(each.#memory), revive)
  }

  /**
   * @param options Its name, or its options.
   * @throws {ThreadError} `EEXIST` when a list of that name has another capacity.
   */
  constructor(options?: string | SharedListOptions) {
    const { place, capacity } = read(options)
    const asked = capacity ?? CAPACITY
    if (!(Number.isInteger(asked) && asked >= 1)) {
      throw new RangeError(`Cannot make a list of ${asked} numbers: capacity is a whole number from 1`)
    }
    this.#memory = memoryFor(KIND, place, HEADER_BYTES + asked * 8)
    const { buffer, offset, bytes, name = '' } = this.#memory
    this.#words = new Int32Array(buffer, offset, HEADER_BYTES / 4)
    this.#numbers = new Float64Array(buffer, offset + HEADER_BYTES, (bytes - HEADER_BYTES) / 8)
    if (capacity !== undefined && capacity !== this.capacity) {
      throw new ThreadError('otherSize', { kind: 'SharedList', name, asked: capacity, made: this.capacity })
    }
  }

  /** How many numbers it can hold. */
  get capacity(): number {
    return this.#numbers.length
  }

  /** How many it holds at this moment. */
  get length(): number {
    return Atomics.load(this.#words, LENGTH)
  }

  /**
   * Adds a number at the end.
   *
   * @throws {ThreadError} `ENOSPC` when it is full.
   */
  add(value: number): void {
    if (typeof value !== 'number') throw new TypeError(`Cannot add ${typeof value} to the list: it holds numbers`)
    this.#locked(() => {
      const { length } = this
      if (length === this.capacity) throw new ThreadError('listFull', { capacity: length })
      this.#numbers[length] = value
      Atomics.store(this.#words, LENGTH, length + 1)
    })
  }

  /** Takes the first number that is equal out; the others keep their order. False when there is none. */
  remove(value: number): boolean {
    return this.#locked(() => {
      const { length } = this
      const index = this.#numbers.subarray(0, length).indexOf(value)
      if (index === -1) return false
      this.#numbers.copyWithin(index, index + 1, length)
      Atomics.store(this.#words, LENGTH, length - 1)
      return true
    })
  }

  /** All numbers as they are at one moment, in an array of this thread's own. */
  snapshot(): number[] {
    return this.#locked(() => Array.from(this.#numbers.subarray(0, this.length)))
  }

  /** Goes through a snapshot: nothing that others add or remove meanwhile is seen. */
  [Symbol.iterator](): IterableIterator<number> {
    return this.snapshot().values()
  }

  #locked<T>(work: () => T): T {
    takeMutex(this.#words, MUTEX)
    try {
      return work()
    } finally {
      giveMutex(this.#words, MUTEX)
    }
  }
}

function read(options: string | SharedListOptions | SharedMemory | undefined): {
  readonly place: string | SharedMemory | undefined
  readonly capacity: number | undefined
} {
  if (typeof options !== 'object') return { place: options, capacity: undefined }
  if ('buffer' in options) return { place: options, capacity: undefined }
  return { place: options.name, capacity: options.capacity }
}
