import type { Entry } from './stream-entry.ts'

/** How many servers, in all their lives, are kept in mind. The one not heard for longest is forgotten first. */
const KEPT = 1_000

/**
 * How far each server has been heard. A frame that was sent twice, since nobody knew whether the first had arrived, comes in
 * once; and of frames that never came, at least their lines are counted.
 */
export class Origins {
  readonly #heard = new Map<string, { readonly n: number; readonly lines: number }>()

  /**
   * Takes note of a frame, and says whether it is new and how many lines are missing before it; undefined, none are. With 0,
   * what is missing had no lines. A server that was never heard before misses none.
   */
  admit({ frame, n, before }: Entry): { readonly isNew: boolean; readonly missing?: number } {
    const { origin, count } = frame
    const heard = this.#heard.get(origin)
    if (heard && n <= heard.n) return { isNew: false }
    this.#heard.delete(origin)
    this.#heard.set(origin, { n, lines: before + count })
    if (this.#heard.size > KEPT) this.#forgetOne()
    if (!heard || n === heard.n + 1) return { isNew: true }
    return { isNew: true, missing: Math.max(0, before - heard.lines) }
  }

  #forgetOne(): void {
    for (const origin of this.#heard.keys()) {
      this.#heard.delete(origin)
      return
    }
  }
}
