/** A ratio in words: `0.97×`. */
export function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 2 : 1)}×`
}

/** Microseconds in words, with as many digits as mean something: `4.6 µs`, `45 µs`, `5.3 ms`. */
export function micros(us: number): string {
  if (us >= 1000) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`
  return `${us.toFixed(us < 10 ? 1 : 0)} µs`
}

/** A rate in words: `186k/s`. */
export function rate(perSecond: number): string {
  return perSecond < 10_000 ? `${(perSecond / 1000).toFixed(1)}k/s` : `${Math.round(perSecond / 1000)}k/s`
}
