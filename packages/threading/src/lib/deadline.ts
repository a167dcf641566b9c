/** The moment, on performance.now()'s clock, at which a wait of `timeout` milliseconds is over; without one, never. */
export function deadlineAfter(timeout: number | undefined): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY
  if (typeof timeout !== 'number' || !(timeout >= 0)) {
    throw new RangeError(`Cannot wait ${timeout} ms: a timeout is a number of milliseconds, from 0`)
  }
  return performance.now() + timeout
}

/** How many milliseconds are left until then, never less than 0. */
export function timeLeft(deadline: number): number {
  return Math.max(0, deadline - performance.now())
}
