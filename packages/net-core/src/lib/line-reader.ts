import type { Address } from './address.ts'
import { type LineOptions, LineSplitter } from './line-splitter.ts'

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
  readonly #splitter: LineSplitter
  /** What a call of `next` waits for; those that come meanwhile wait with it, and go on behind it. */
  #receiving: Promise<boolean> | undefined
  #isDone = false
  #isCut = false

  constructor(
    recv: (max: number) => Promise<Uint8Array | null>,
    close: () => Promise<unknown>,
    peer: Address,
    options?: LineOptions,
  ) {
    this.#splitter = new LineSplitter(peer, options)
    this.#recv = recv
    this.#close = close
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
      const found = this.#split()
      if (found === 'more') {
        this.#receiving ??= this.#receive()
        if (await this.#receiving) continue
        return this.#end()
      }
      if (found !== 'close') return { done: false, value: found.line }
      this.#isDone = true
      await this.#close()
    }
    return { done: true, value: undefined }
  }

  /** Leaving the loop early leaves the connection as it is; bytes that were read ahead go with the reader. */
  async return(): Promise<IteratorResult<string, undefined>> {
    this.#isDone = true
    return { done: true, value: undefined }
  }

  #split(): ReturnType<LineSplitter['split']> {
    try {
      return this.#splitter.split()
    } catch (error) {
      this.#isDone = true
      throw error
    }
  }

  /** Gets the next chunk; false at EOF. */
  async #receive(): Promise<boolean> {
    try {
      const chunk = await this.#recv(65_536)
      if (chunk) this.#splitter.push(chunk)
      return chunk !== null
    } finally {
      this.#receiving = undefined
    }
  }

  #end(): IteratorResult<string, undefined> {
    if (this.#isDone) return { done: true, value: undefined }
    this.#isDone = true
    const last = this.#splitter.end()
    if (last === undefined) return { done: true, value: undefined }
    this.#isCut = true
    return { done: false, value: last }
  }
}
