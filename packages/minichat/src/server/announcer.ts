/** Who came or left, and the sentence that says so. */
export interface News {
  readonly what: 'joined' | 'left'
  readonly sentence: string
}

/** How the announcer speaks. */
export interface AnnouncerOptions {
  /** Says a sentence to everybody. */
  readonly say: (sentence: string) => void
  /** Puts a storm into one sentence. */
  readonly sum: (joined: number, left: number) => string
  /** How many are announced one by one, in how many milliseconds. */
  readonly burst?: number
  readonly windowMs?: number
}

/**
 * Announces who comes and who leaves: one by one as long as it is quiet, and in a storm what one window brought in one
 * sentence, so that a thousand who come do not cost each of a thousand members a thousand lines.
 */
export class Announcer {
  readonly #options: Required<AnnouncerOptions>
  #told = 0
  #joined = 0
  #left = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: AnnouncerOptions) {
    this.#options = { burst: 10, windowMs: 1_000, ...options }
  }

  announce({ what, sentence }: News): void {
    const { burst, windowMs, say } = this.#options
    this.#timer ??= setTimeout(() => this.#endWindow(), windowMs)
    if (this.#told < burst) {
      this.#told += 1
      say(sentence)
    } else if (what === 'joined') this.#joined += 1
    else this.#left += 1
  }

  /** Says nothing more. */
  close(): void {
    clearTimeout(this.#timer)
    this.#joined = 0
    this.#left = 0
  }

  #endWindow(): void {
    const [joined, left] = [this.#joined, this.#left]
    this.#timer = undefined
    this.#joined = 0
    this.#left = 0
    // A storm goes on as a storm: only a window without one is counted from nothing.
    this.#told = joined + left > 0 ? this.#options.burst : 0
    if (joined + left === 0) return
    this.#timer = setTimeout(() => this.#endWindow(), this.#options.windowMs)
    this.#options.say(this.#options.sum(joined, left))
  }
}
