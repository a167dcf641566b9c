const LF = 0x0a

/** What was cut out of a chunk: lines, and `null` in the place of one that was too long. */
export type CutLines = readonly (string | null)[]

const NOTHING: CutLines = []

/**
 * Lines out of chunks, for a room that goes on after a line that is too long: it is refused once, as soon as it is, and
 * the rest of it dropped as it comes. Holds at most `maxBytes` and one chunk.
 */
export class LineCutter {
  readonly #maxBytes: number
  /** The beginning of a line whose end has not come. */
  #begun: Uint8Array | undefined
  /** How much of the current line has been dropped, if it is one of those. */
  #dropped = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether the current line is so long that no end is to be hoped for: four times the limit. */
  get isEndless(): boolean {
    return this.#dropped > 4 * this.#maxBytes
  }

  /** The lines that end in this chunk, without LF or CRLF. */
  cut(chunk: Uint8Array): CutLines {
    const end = chunk.lastIndexOf(LF)
    if (end === -1) return this.#begin(chunk)
    let whole = chunk.subarray(0, end)
    if (this.#dropped > 0) {
      this.#dropped = 0
      const first = whole.indexOf(LF)
      if (first === -1) return this.#begin(chunk.subarray(end + 1))
      whole = whole.subarray(first + 1)
    } else if (this.#begun) {
      whole = Buffer.concat([this.#begun, whole])
      this.#begun = undefined
    }
    const lines = this.#split(whole)
    const refused = this.#begin(chunk.subarray(end + 1))
    return refused.length > 0 ? [...lines, ...refused] : lines
  }

  /** The last line, if EOF has ended it. */
  end(): CutLines {
    const rest = this.#begun
    this.#begun = undefined
    return rest ? this.#split(rest) : NOTHING
  }

  /** Keeps the beginning of a line, or refuses it. */
  #begin(rest: Uint8Array): CutLines {
    if (rest.length === 0) return NOTHING
    if (this.#dropped > 0) {
      this.#dropped += rest.length
      return NOTHING
    }
    const length = rest.length + (this.#begun?.length ?? 0)
    if (length > this.#maxBytes + 1) {
      // One more than the limit may yet be the CR of its end.
      this.#begun = undefined
      this.#dropped = length
      return [null]
    }
    // Copied: a slice would keep the whole chunk, 64 KiB for each byte of a client that drips.
    this.#begun = this.#begun ? Buffer.concat([this.#begun, rest]) : Uint8Array.from(rest)
    return NOTHING
  }

  /** No character reaches over a line end, so all lines are decoded at once. */
  #split(whole: Uint8Array): CutLines {
    const lines: (string | null)[] = Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString().split('\n')
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at] as string
      const bare = line.endsWith('\r') ? line.slice(0, -1) : line
      // In UTF-8 a unit of a string is at most three bytes, also where it stands for bytes that were none.
      if (bare.length * 3 > this.#maxBytes && Buffer.byteLength(bare) > this.#maxBytes) lines[at] = null
      else lines[at] = bare
    }
    return lines
  }
}
