import { availableParallelism } from 'node:os'
import { words } from './memory.ts'

/** How long to look again and again before the thread is stopped: about what stopping and waking one costs. */
const SPIN_MS = 0.02
/** How many looks between two glances at the clock. */
const LOOKS = 50
/** After so many vain attempts in a row, at the most, there is one more. */
const MOST_SKIPPED = 256

/**
 * Looks for a moment whether a word changes, before the thread is stopped to wait for that: waking a thread on another
 * core costs more than the answer of a quick peer takes. It is tried more and more rarely while it is in vain, and
 * never on a machine with one core, where whoever shall change the word would have to wait for us.
 */
export class Spin {
  #toSkip = availableParallelism() > 1 ? 0 : Number.POSITIVE_INFINITY
  #skipped = 1

  /** Whether the word has another value than `seen` by now. */
  hasChanged(word: number, seen: number): boolean {
    if (this.#toSkip > 0) {
      this.#toSkip -= 1
      return false
    }
    const end = performance.now() + SPIN_MS
    do {
      for (let look = 0; look < LOOKS; look += 1) {
        if (Atomics.load(words, word) === seen) continue
        this.#skipped = 1
        return true
      }
    } while (performance.now() < end)
    this.#toSkip = this.#skipped
    this.#skipped = Math.min(2 * this.#skipped, MOST_SKIPPED)
    return false
  }
}
