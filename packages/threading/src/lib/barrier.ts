import { deadlineAfter, timeLeft } from './deadline.ts'
import { giveMutex, takeMutex } from './mutex.ts'
import { memoryFor, placeToSend, share } from './shared.ts'
import type { SharedMemory } from './shared-memory.ts'
import { ThreadError } from './thread-error.ts'

const KIND = 'fund.Barrier'
const MUTEX = 0
const STATE = 1
const INSIDE = 2 // threads within wait()
const BELL = 3 // rises whenever STATE changes
const PARTIES = 4
const BYTES = 24

// FILLING: those inside wait for the rest. LEAVING and RESETTING: those inside go, and newcomers wait until they have gone.
const FILLING = 0
const LEAVING = 1
const RESETTING = 2
const BROKEN = 3

/**
 * A place where threads wait for each other: as many as were agreed on have to come, then all go on. It can be used again and
 * again. Pass it to threads as an argument or in a field, or give it a name.
 *
 * When one of them gives up (its timeout passes), the barrier is broken: everybody that waits, and everybody that comes, is
 * told so by a {@link ThreadError} with `ECANCELED`, until somebody calls `reset`.
 *
 * @example
 * ```ts
 * import { Barrier } from '@fund/threading'
 *
 * const start = new Barrier(1)
 * console.log(start.wait()) // 0: the one that was expected has come
 * ```
 */
export class Barrier {
  readonly #memory: SharedMemory
  readonly #words: Int32Array

  static {
    const revive = (place: string): Barrier => new Barrier(0, place)
    share(KIND, Barrier.prototype, (each) => placeToSend(each.#memory), revive)
  }

  /**
   * @param parties How many threads pass together.
   * @param name What every thread of this process finds it by. Without one it is a barrier of its own.
   * @throws {RangeError} when `parties` is not a whole number from 1.
   */
  constructor(parties: number, name?: string) {
    const isRevived = parties === 0 && name !== undefined
    if (!isRevived && !(Number.isInteger(parties) && parties >= 1)) {
      throw new RangeError(`Cannot make a barrier for ${parties} threads: it is a whole number from 1`)
    }
    this.#memory = memoryFor(KIND, name, BYTES, ({ buffer, offset }) => {
      new Int32Array(buffer, offset, BYTES / 4)[PARTIES] = parties
    })
    this.#words = new Int32Array(this.#memory.buffer, this.#memory.offset, BYTES / 4)
    if (!isRevived && parties !== this.parties) {
      throw new ThreadError('otherSize', { kind: 'Barrier', name: name ?? '', asked: parties, made: this.parties })
    }
  }

  /** How many threads pass together. */
  get parties(): number {
    return this.#words[PARTIES] as number
  }

  /** How many wait at this moment. */
  get waiting(): number {
    return Atomics.load(this.#words, STATE) === FILLING ? Atomics.load(this.#words, INSIDE) : 0
  }

  /** Whether somebody gave up or called `abort`, and nobody has called `reset` since. */
  get isBroken(): boolean {
    return Atomics.load(this.#words, STATE) === BROKEN
  }

  /**
   * Stops this thread until all have come. Gives each a number of its own, from 0 to `parties - 1`, so that one of them can be
   * chosen for what is to be done once.
   *
   * @param timeout In milliseconds; when it passes, the barrier is broken for everybody.
   * @throws {ThreadError} `ETIMEDOUT` when the timeout passed, `ECANCELED` when the barrier is broken.
   */
  wait(timeout?: number): number {
    const deadline = deadlineAfter(timeout)
    const words = this.#words
    takeMutex(words, MUTEX)
    try {
      while (words[STATE] === LEAVING || words[STATE] === RESETTING) {
        if (!this.#pause(deadline)) throw new ThreadError('late', { timeout: timeout as number })
      }
      if (words[STATE] === BROKEN) throw new ThreadError('broken')
      const index = words[INSIDE] as number
      words[INSIDE] = index + 1
      try {
        if (index + 1 === words[PARTIES]) this.#become(LEAVING)
        while (words[STATE] === FILLING) {
          if (this.#pause(deadline) || words[STATE] !== FILLING) continue
          this.#become(BROKEN)
          throw new ThreadError('late', { timeout: timeout as number })
        }
        if (words[STATE] !== LEAVING) throw new ThreadError('broken')
        return index
      } finally {
        words[INSIDE] = (words[INSIDE] as number) - 1
        if (words[INSIDE] === 0 && words[STATE] !== BROKEN) this.#become(FILLING)
      }
    } finally {
      giveMutex(words, MUTEX)
    }
  }

  /** Makes the barrier as new. Those that wait are told that it is broken; those that may go already, go. */
  reset(): void {
    this.#change((inside, state) => (inside === 0 ? FILLING : state === LEAVING ? LEAVING : RESETTING))
  }

  /** Breaks the barrier: for whoever finds out that not everybody will come. */
  abort(): void {
    this.#change(() => BROKEN)
  }

  #change(next: (inside: number, state: number) => number): void {
    takeMutex(this.#words, MUTEX)
    try {
      this.#become(next(this.#words[INSIDE] as number, this.#words[STATE] as number))
    } finally {
      giveMutex(this.#words, MUTEX)
    }
  }

  #become(state: number): void {
    Atomics.store(this.#words, STATE, state)
    Atomics.add(this.#words, BELL, 1)
    Atomics.notify(this.#words, BELL)
  }

  /** Gives the mutex up until the state changes, and takes it again. False when the time is over. */
  #pause(deadline: number): boolean {
    const bell = Atomics.load(this.#words, BELL)
    const left = timeLeft(deadline)
    giveMutex(this.#words, MUTEX)
    if (left > 0) Atomics.wait(this.#words, BELL, bell, left)
    takeMutex(this.#words, MUTEX)
    return left > 0
  }
}
