import type { Address } from './address.ts'
import { NetError } from './net-error.ts'

/** How lines are cut out of the stream. */
export interface LineOptions {
  /** The longest line, in bytes, its end not counted. */
  readonly maxBytes?: number | undefined
  /**
   * What a longer line does: `error` throws `EMSGSIZE`, `truncate` gives its first `maxBytes` (fewer where a character
   * would be cut) and drops the rest of it, `close` closes the connection and ends the lines.
   */
  readonly overflow?: 'error' | 'truncate' | 'close' | undefined
}

const LF = 0x0a
const CR = 0x0d
/** A splitter keeps this much room from line to line. */
const KEPT_BYTES = 1024

/** What a {@link LineSplitter} has: a line, or the need for another chunk, or a line too long, to be closed upon. */
export type Split = { readonly line: string } | 'more' | 'close'

/** The cutting itself, which knows neither how chunks are waited for nor what they come from. */
export class LineSplitter {
  readonly #peer: Address
  readonly #maxBytes: number
  readonly #overflow: 'error' | 'truncate' | 'close'
  /** What of the current chunk has not been looked at. */
  #rest: Uint8Array = new Uint8Array()
  /** The current line so far; at most one byte above the limit is kept, in case it is the CR of its end. */
  #line: Uint8Array = new Uint8Array()
  #lineBytes = 0
  #isOver = false

  constructor(peer: Address, { maxBytes = 65_536, overflow = 'error' }: LineOptions = {}) {
    if (!Number.isInteger(maxBytes) || maxBytes < 1) {
      throw new RangeError(`Cannot read lines of ${maxBytes} bytes: maxBytes is a whole number from 1`)
    }
    this.#peer = peer
    this.#maxBytes = maxBytes
    this.#overflow = overflow
  }

  /** Gives it the next chunk, once it has asked for more. */
  push(chunk: Uint8Array): void {
    this.#rest = chunk
  }

  /**
   * The next line of what it has been given.
   *
   * @throws {NetError} `EMSGSIZE` for a line that is too long.
   */
  split(): Split {
    while (this.#rest.length > 0) {
      const at = this.#rest.indexOf(LF)
      this.#add(at === -1 ? this.#rest : this.#rest.subarray(0, at))
      this.#rest = at === -1 ? new Uint8Array() : this.#rest.subarray(at + 1)
      if (at !== -1) this.#dropCarriageReturn()
      if (this.#isTooLong(at !== -1)) {
        if (this.#overflow === 'error') throw new NetError({ code: 'EMSGSIZE', action: 'recv', address: this.#peer })
        if (this.#overflow === 'close') return 'close'
      }
      if (at !== -1) return { line: this.#takeLine() }
    }
    return 'more'
  }

  /** The line that EOF has ended, if there is one. */
  end(): string | undefined {
    return this.#lineBytes === 0 && !this.#isOver ? undefined : this.#takeLine()
  }

  #add(piece: Uint8Array): void {
    const room = this.#maxBytes + 1 - this.#lineBytes
    if (piece.length > room) this.#isOver = true
    const kept = piece.subarray(0, room)
    this.#makeRoom(this.#lineBytes + kept.length)
    this.#line.set(kept, this.#lineBytes)
    this.#lineBytes += kept.length
  }

  /** The line is copied: a slice of a chunk would keep the whole chunk, 64 KiB for each byte of a peer that drips. */
  #makeRoom(bytes: number): void {
    if (bytes <= this.#line.length) return
    const roomier = new Uint8Array(Math.min(Math.max(bytes, 2 * this.#line.length), this.#maxBytes + 1))
    roomier.set(this.#line.subarray(0, this.#lineBytes))
    this.#line = roomier
  }

  get #endsWithCr(): boolean {
    return this.#lineBytes > 0 && this.#line[this.#lineBytes - 1] === CR
  }

  #dropCarriageReturn(): void {
    if (!this.#isOver && this.#endsWithCr) this.#lineBytes -= 1
  }

  #isTooLong(hasEnded: boolean): boolean {
    if (this.#lineBytes <= this.#maxBytes && !this.#isOver) return false
    // One byte above the limit may still turn out to be the CR of CRLF.
    const mayBeEnd = !hasEnded && !this.#isOver && this.#endsWithCr
    if (mayBeEnd) return false
    this.#isOver = true
    return true
  }

  #takeLine(): string {
    const bytes = this.#line.subarray(0, Math.min(this.#lineBytes, this.#maxBytes))
    const isTruncated = this.#lineBytes > this.#maxBytes || this.#isOver
    this.#lineBytes = 0
    this.#isOver = false
    // With `stream`, the beginning of a character that the limit cut in two is left out rather than replaced.
    const line = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: isTruncated })
    if (this.#line.length > KEPT_BYTES) this.#line = new Uint8Array()
    return line
  }
}
