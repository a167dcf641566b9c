import type { Frame } from './bus.ts'

/** How the room's own lines begin; a member's never does. */
export const NOTICE = '* '

/**
 * The last lines that members said, for whoever comes: at most so many, and so many bytes, so that nobody is cut off for
 * having been given them.
 */
export class History {
  readonly #most: number
  readonly #mostBytes: number
  readonly #lines: { readonly line: string; readonly bytes: number }[] = []
  #bytes = 0

  constructor({ lines = 100, bytes = 64 * 1024 }: { lines?: number; bytes?: number } = {}) {
    this.#most = lines
    this.#mostBytes = bytes
  }

  /** Remembers what was said in a frame. Who came and left in the past is of no interest. */
  add({ lines }: Frame): void {
    for (const line of saidIn(lines).slice(-this.#most)) this.#push(line) // the others would be pushed out at once
  }

  /** How many lines these are. */
  get length(): number {
    return this.#lines.length
  }

  /** All of it, whole lines; empty when there is none. */
  get text(): string {
    return this.#lines.map(({ line }) => `${line}\n`).join('')
  }

  #push(line: string): void {
    const bytes = Buffer.byteLength(line) + 1
    this.#lines.push({ line, bytes })
    this.#bytes += bytes
    while (this.#lines.length > this.#most || this.#bytes > this.#mostBytes) {
      this.#bytes -= this.#lines.shift()?.bytes ?? 0
    }
  }
}

/** The lines of members in what was said. */
export function saidIn(lines: Buffer): string[] {
  return String(lines)
    .split('\n')
    .slice(0, -1)
    .filter((line) => !line.startsWith(NOTICE))
}
