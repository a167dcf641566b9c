import type { Flood } from './limits.ts'

/**
 * A token bucket: so many lines at once, then so many a second. It does not refuse; it says how long the next line has
 * to wait, and for how long this has been going on.
 */
export class FloodGate {
  readonly #flood: Flood
  #tokens: number
  #at: number
  #heldSince: number | undefined

  /** @param now Milliseconds on a clock that only goes forward. */
  constructor(flood: Flood, now: number) {
    this.#flood = flood
    this.#tokens = flood.burst
    this.#at = now
  }

  /** Lets one line pass, and gives the milliseconds it has to wait for that; 0 is at once. */
  pass(now: number): number {
    const { burst, perSecond } = this.#flood
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
    // Quiet for long enough to have half of its burst back: whatever was before is forgotten.
    if (this.#tokens >= burst / 2) this.#heldSince = undefined
    this.#tokens -= 1
    if (this.#tokens >= 0) return 0
    this.#heldSince ??= now
    return (-this.#tokens / perSecond) * 1000
  }

  /** For how many milliseconds it has had to wait again and again. */
  heldFor(now: number): number {
    return this.#heldSince === undefined ? 0 : now - this.#heldSince
  }
}
