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
  #line: Uint8Array[] = []
  #lineBytes = 0
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
        const chunk = await this.#recv(65_536)
        if (chunk === null) return this.#end()
        this.#rest = chunk
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
    // A slice of a chunk would keep the whole chunk in memory: a byte at a time, that is 64 KiB for each.
    if (kept.length > 0) this.#line.push(new Uint8Array(kept))
    this.#lineBytes += kept.length
  }

  #dropCarriageReturn(): void {
    const last = this.#line.at(-1)
    if (this.#isOver || last?.at(-1) !== CR) return
    this.#line[this.#line.length - 1] = last.subarray(0, -1)
    this.#lineBytes -= 1
  }

  #isTooLong(hasEnded: boolean): boolean {
    if (this.#lineBytes <= this.#maxBytes && !this.#isOver) return false
    // One byte above the limit may still turn out to be the CR of CRLF.
    const mayBeEnd = !hasEnded && !this.#isOver && this.#line.at(-1)?.at(-1) === CR
    if (mayBeEnd) return false
    this.#isOver = true
    return true
  }

  #takeLine(): string {
    const bytes = Buffer.concat(this.#line).subarray(0, this.#maxBytes)
    const isTruncated = this.#lineBytes > this.#maxBytes || this.#isOver
    this.#line = []
    this.#lineBytes = 0
    this.#isOver = false
    // With `stream`, the beginning of a character that the limit cut in two is left out rather than replaced.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: isTruncated })
  }
}
