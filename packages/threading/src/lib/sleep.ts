import { deadlineAfter, timeLeft } from './deadline.ts'

const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * Stops this thread for so many milliseconds, its event loop included; other threads run on. In the main thread, a SIGINT or
 * SIGTERM that nobody handles ends the process at once, but a handler of this program runs only afterwards.
 *
 * @throws {RangeError} when it is not a number of milliseconds from 0.
 *
 * @example
 * ```ts
 * import { sleep } from '@fund/threading'
 *
 * const start = performance.now()
 * sleep(20)
 * console.log(performance.now() - start >= 20) // true
 * ```
 */
export function sleep(ms: number): void {
  const deadline = deadlineAfter(ms)
  // Again and again: the system may wake a sleeper a little early.
  for (let left = timeLeft(deadline); left > 0; left = timeLeft(deadline)) Atomics.wait(never, 0, 0, left)
}
