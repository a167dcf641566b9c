import { threadName } from './boot.ts'
import { deadlineAfter } from './deadline.ts'
import { giveMutex, isMutexHeld, takeMutex, tryMutex } from './mutex.ts'
import { memoryFor, placeToSend, share } from './shared.ts'
import type { SharedMemory } from './shared-memory.ts'
import { tell } from './telling.ts'
import { ThreadError } from './thread-error.ts'

const KIND = 'fund.Lock'
const BYTES = 8
const MUTEX = 0
/**
 * Counts the times it was given back, so that a guard knows whether the hold is still its own. It rises before the mutex is
 * free: whoever has the mutex finds a number that no guard before has.
 */
const HOLD = 1

/**
 * A lock that one thread at a time holds, the others wait. Pass it to threads as an argument or in a field, or give it a
 * name: `new Lock('demo.lock')` is the same lock in every thread of the process.
 *
 * As Python's Lock it is not reentrant: who acquires it again while holding it waits for ever (or until the timeout). Any
 * thread may release it. A thread that ends or dies while it holds the lock leaves it held; one that throws out of a block
 * with `using` releases it. Waiting threads are not served in order.
 *
 * @example
 * ```ts
 * import { Lock } from '@fund/threading'
 *
 * const lock = new Lock()
 * {
 *   using _ = lock.acquire()
 *   console.log(lock.isLocked) // true: until the end of the block, also when it throws
 * }
 * console.log(lock.isLocked) // false
 * ```
 */
export class Lock {
  readonly #memory: SharedMemory
  readonly #words: Int32Array

  static {
    const revive = (place: string): Lock => new Lock(place)
    share(KIND, Lock.prototype, (each) => placeToSend(each.#memory), revive)
  }

  /** @param name What every thread of this process finds it by. Without one it is a lock of its own. */
  constructor(name?: string) {
    this.#memory = memoryFor(KIND, name, BYTES)
    this.#words = new Int32Array(this.#memory.buffer, this.#memory.offset, BYTES / 4)
  }

  /**
   * Takes the lock; stops this thread until it is free. Gives a guard that releases it: at the end of the block after
   * `using`, or by its `release`. With a timeout (milliseconds; 0 never waits) it gives null when that passes first.
   */
  acquire(): LockGuard
  acquire(timeout: number | undefined): LockGuard | null
  acquire(timeout?: number): LockGuard | null {
    const deadline = deadlineAfter(timeout)
    if (!tryMutex(this.#words, MUTEX)) {
      tell('wait', threadName(), 'lock')
      if (!takeMutex(this.#words, MUTEX, deadline)) return null
    }
    const words = this.#words
    const hold = Atomics.load(words, HOLD)
    return new LockGuard(() => {
      if (Atomics.compareExchange(words, HOLD, hold, (hold + 1) | 0) === hold) giveMutex(words, MUTEX)
    })
  }

  /**
   * Gives the lock back, in whichever thread it was taken, and wakes one that waits for it.
   *
   * @throws {ThreadError} `EPERM` when nobody holds it.
   */
  release(): void {
    if (!this.isLocked) throw new ThreadError('notHeld')
    Atomics.add(this.#words, HOLD, 1)
    giveMutex(this.#words, MUTEX)
  }

  /** Whether somebody holds it at this moment. */
  get isLocked(): boolean {
    return isMutexHeld(this.#words, MUTEX)
  }
}

/**
 * Holds a lock until it is released. Made by {@link Lock.acquire}.
 *
 * @example
 * ```ts
 * import { Lock } from '@fund/threading'
 *
 * const lock = new Lock()
 * const guard = lock.acquire()
 * try {
 *   console.log(lock.isLocked) // true
 * } finally {
 *   guard.release() // what `using` does by itself
 * }
 * ```
 */
export class LockGuard implements Disposable {
  readonly #release: () => void

  constructor(release: () => void) {
    this.#release = release
  }

  /** Gives the lock back, if it is still this guard that holds it. */
  release(): void {
    this.#release()
  }

  /** `release`, at the end of the block after `using`. */
  [Symbol.dispose](): void {
    this.#release()
  }
}
