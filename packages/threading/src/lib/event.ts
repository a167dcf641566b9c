import { deadlineAfter, timeLeft } from './deadline.ts'
import { memoryFor, placeToSend, share } from './shared.ts'
import type { SharedMemory } from './shared-memory.ts'

const KIND = 'fund.Event'
const BYTES = 8
const FLAG = 0
const SETS = 1 // counts the calls of set(), so that a waiter notices one that clear() followed at once

/**
 * A flag that threads wait for: all pass once one of them sets it. Pass it to threads as an argument or in a field, or give
 * it a name: `new Event('demo.ready')` is the same event in every thread of the process.
 *
 * @example
 * ```ts
 * import { Event } from '@fund/threading'
 *
 * const ready = new Event()
 * console.log(ready.wait(10)) // false: nobody has set it
 * ready.set()
 * console.log(ready.wait()) // true, at once
 * ```
 */
export class Event {
  readonly #memory: SharedMemory
  readonly #words: Int32Array

  static {
    const revive = (place: string): Event => new Event(place)
    share(KIND, Event.prototype, (each) => placeToSend(each.#memory), revive)
  }

  /** @param name What every thread of this process finds it by. Without one it is an event of its own. */
  constructor(name?: string) {
    this.#memory = memoryFor(KIND, name, BYTES)
    this.#words = new Int32Array(this.#memory.buffer, this.#memory.offset, BYTES / 4)
  }

  /** Sets the flag and wakes all that wait. */
  set(): void {
    Atomics.store(this.#words, FLAG, 1)
    Atomics.add(this.#words, SETS, 1)
    Atomics.notify(this.#words, SETS)
  }

  /** Takes the flag back: who waits from here on waits for the next `set`. */
  clear(): void {
    Atomics.store(this.#words, FLAG, 0)
  }

  /** Whether the flag is set. */
  get isSet(): boolean {
    return Atomics.load(this.#words, FLAG) === 1
  }

  /**
   * Stops this thread until the flag is set; gives true. A waiting thread passes even when `clear` follows at once. With a
   * timeout in milliseconds it gives false when that passes first.
   */
  wait(timeout?: number): boolean {
    const deadline = deadlineAfter(timeout)
    const sets = Atomics.load(this.#words, SETS) // before looking, so that no set is missed
    while (!this.isSet && Atomics.load(this.#words, SETS) === sets) {
      const left = timeLeft(deadline)
      if (left === 0) return false
      Atomics.wait(this.#words, SETS, sets, left)
    }
    return true
  }
}
