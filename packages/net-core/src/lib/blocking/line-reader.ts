import type { Address } from '../address.ts'
import { type LineOptions, LineSplitter } from '../line-splitter.ts'

/**
 * Lines out of a stream of bytes, whatever its chunks. Holds at most `maxBytes` and one chunk. Bytes that are not UTF-8
 * become U+FFFD, the replacement character.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core/blocking'
 *
 * using listener = listen({ port: 0 })
 * using client = connect(listener.address)
 * using connection = listener.accept()
 *
 * client.sendAll('one\r\ntwo\nthr')
 * client.closeWrite()
 * const lines = connection.lines({ maxBytes: 512 })
 * for (const line of lines) console.log(line) // one, two, thr
 * console.log(lines.isCut) // true: EOF came before the end of the last line
 * connection.close()
 * client.close()
 * ```
 */
export class LineReader implements IterableIterator<string, undefined> {
  readonly #recv: (max: number) => Uint8Array | null
  readonly #close: () => unknown
  readonly #splitter: LineSplitter
  #isDone = false
  #isCut = false

  constructor(recv: (max: number) => Uint8Array | null, close: () => unknown, peer: Address, options?: LineOptions) {
    this.#splitter = new LineSplitter(peer, options)
    this.#recv = recv
    this.#close = close
  }

  /** Whether the line given last was ended by EOF, not by a line end. */
  get isCut(): boolean {
    return this.#isCut
  }

  [Symbol.iterator](): this {
    return this
  }

  /**
   * Stops this thread until the next line has come.
   *
   * @throws {NetError} as `recv` does, and `EMSGSIZE` for a line that is too long.
   */
  next(): IteratorResult<string, undefined> {
    while (!this.#isDone) {
      const found = this.#split()
      if (found === 'more') {
        const chunk = this.#recv(65_536)
        if (chunk === null) return this.#end()
        this.#splitter.push(chunk)
      } else if (found === 'close') {
        this.#isDone = true
        this.#close()
      } else return { done: false, value: found.line }
    }
    return { done: true, value: undefined }
  }

  /** Leaving the loop early leaves the connection as it is; bytes that were read ahead go with the reader. */
  return(): IteratorResult<string, undefined> {
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

  #end(): IteratorResult<string, undefined> {
    this.#isDone = true
    const last = this.#splitter.end()
    if (last === undefined) return { done: true, value: undefined }
    this.#isCut = true
    return { done: false, value: last }
  }
}
