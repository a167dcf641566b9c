/** Microseconds on the system's monotonic clock: the same in every thread, never set back. */
export function monotonicMicros(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + Math.trunc(nanoseconds / 1e3)
}
