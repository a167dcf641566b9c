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
/** A reader keeps this much room from line to line. */
const KEPT_BYTES = 1024

/**
 * Lines out of a stream of bytes, whatever its chunks. Holds at most `maxBytes` and one chunk. Bytes that are not UTF-8
 * become U+FFFD, the replacement character.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core'
 *
 * await using listener = await listen({ port: 0 })
 * await using client = await connect(listener.address)
 * await using connection = await listener.accept()
 *
 * await client.sendAll('one\r\ntwo\nthr')
 * await client.closeWrite()
 * const lines = connection.lines({ maxBytes: 512 })
 * for await (const line of lines) console.log(line) // one, two, thr
 * console.log(lines.isCut) // true: EOF came before the end of the last line
 * ```
 */
export class LineReader implements AsyncIterableIterator<string> {
  readonly #recv: (max: number) => Promise<Uint8Array | null>
  readonly #close: () => Promise<unknown>
  readonly #peer: Address
  readonly #maxBytes: number
  readonly #overflow: 'error' | 'truncate' | 'close'
  /** What of the current chunk has not been looked at. */
  #rest: Uint8Array = new Uint8Array()
  /** The current line so far; at most one byte above the limit is kept, in case it is the CR of its end. */
  #line: Uint8Array = new Uint8Array()
  #lineBytes = 0
  /** What a call of `next` waits for; those that come meanwhile wait with it, and go on behind it. */
  #receiving: Promise<boolean> | undefined
  #isOver = false
  #isDone = false
  #isCut = false

  constructor(
    recv: (max: number) => Promise<Uint8Array | null>,
    close: () => Promise<unknown>,
    peer: Address,
    { maxBytes = 65_536, overflow = 'error' }: LineOptions = {},
  ) {
    if (!Number.isInteger(maxBytes) || maxBytes < 1) {
      throw new RangeError(`Cannot read lines of ${maxBytes} bytes: maxBytes is a whole number from 1`)
    }
    this.#recv = recv
    this.#close = close
    this.#peer = peer
    this.#maxBytes = maxBytes
    this.#overflow = overflow
  }

  /** Whether the line given last was ended by EOF, not by a line end. */
  get isCut(): boolean {
    return this.#isCut
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /**
   * Waits for the next line.
   *
   * @throws {NetError} as `recv` does, and `EMSGSIZE` for a line that is too long.
   */
  async next(): Promise<IteratorResult<string, undefined>> {
    while (!this.#isDone) {
      if (this.#rest.length === 0) {
        this.#receiving ??= this.#receive()
        if (await this.#receiving) continue
        return this.#end()
      }
      const at = this.#rest.indexOf(LF)
      this.#add(at === -1 ? this.#rest : this.#rest.subarray(0, at))
      this.#rest = at === -1 ? new Uint8Array() : this.#rest.subarray(at + 1)
      if (at !== -1) this.#dropCarriageReturn()
      if (this.#isTooLong(at !== -1)) {
        if (this.#overflow === 'error') {
          this.#isDone = true
          throw new NetError({ code: 'EMSGSIZE', action: 'recv', address: this.#peer })
        }
        if (this.#overflow === 'close') {
          this.#isDone = true
          await this.#close()
          break
        }
      }
      if (at !== -1) return { done: false, value: this.#takeLine() }
    }
    return { done: true, value: undefined }
  }

  /** Leaving the loop early leaves the connection as it is; bytes that were read ahead go with the reader. */
  async return(): Promise<IteratorResult<string, undefined>> {
    this.#isDone = true
    return { done: true, value: undefined }
  }

  /** Gets the next chunk; false at EOF. */
  async #receive(): Promise<boolean> {
    try {
      const chunk = await this.#recv(65_536)
      if (chunk) this.#rest = chunk
      return chunk !== null
    } finally {
      this.#receiving = undefined
    }
  }

  #end(): IteratorResult<string, undefined> {
    this.#isDone = true
    if (this.#lineBytes === 0 && !this.#isOver) return { done: true, value: undefined }
    this.#isCut = true
    return { done: false, value: this.#takeLine() }
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
