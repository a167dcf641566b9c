/** The longest wait without its jitter. */
const LONGEST_MS = 2_000

/**
 * How long to wait before the n-th attempt in a row (from 0): 50 ms, doubled each time up to 2 s, and up to half as much
 * again by chance, so that the servers of a room do not all come at once.
 */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(LONGEST_MS, 50 * 2 ** Math.min(attempt, 10))
  return base * (1 + random() / 2)
}
