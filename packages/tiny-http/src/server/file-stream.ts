import { close, read } from 'node:fs'
import type { ByteRange } from './byte-range.ts'
import { HttpError } from './http-error.ts'
import { BUFFER_BYTES, type Queued, ReadBuffers } from './read-buffers.ts'

/** At least so much of a file is read and sent at a time. */
const LEAST_BYTES = 64 * 1024
/** What all files that are being sent may have in memory together, as long as the least is enough for each. */
const BUDGET_BYTES = 64 * 1024 * 1024

let streams = 0

/**
 * The bytes of an open file as they are asked for, a megabyte at a time (the fewer calls, the less each byte costs), with
 * texts before, between and behind them. It fails with {@link HttpError} when the file turns out to be shorter than it was: what was
 * promised cannot be sent. What a file has grown by is not sent.
 *
 * It owns the descriptor, and closes it when it ends, fails, or is told to `return`.
 */
export class FileStream implements AsyncIterableIterator<Uint8Array> {
  readonly #fd: number
  readonly #pieces: (string | ByteRange)[]
  #first = 0 // where in the first piece, when that is a range
  #isOver = false
  #isReading = false
  #buffers: ReadBuffers | undefined

  constructor(fd: number, pieces: readonly (string | ByteRange)[]) {
    this.#fd = fd
    this.#pieces = [...pieces]
    streams += 1
    this.#begin()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /**
   * The same, for who sends each chunk before asking for the next and can say how much of what was sent still waits: a
   * chunk's memory is used again when it no longer does.
   */
  lend(queued: Queued): this {
    this.#buffers = new ReadBuffers(queued)
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const piece = this.#pieces[0]
    if (this.#isOver || piece === undefined) {
      this.#end()
      return { done: true, value: undefined }
    }
    if (typeof piece === 'string') {
      this.#pieces.shift()
      this.#begin()
      return { done: false, value: Buffer.from(piece, 'latin1') }
    }
    const most = Math.min(BUFFER_BYTES, Math.max(LEAST_BYTES, Math.floor(BUDGET_BYTES / streams)))
    const value = await this.#read(Math.min(most, piece.last + 1 - this.#first), most)
    this.#first += value.length
    if (this.#first > piece.last) {
      this.#pieces.shift()
      this.#begin()
      if (this.#pieces.length === 0) {
        this.#buffers?.end()
        this.#end()
      }
    }
    return { done: false, value }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#end()
    return { done: true, value: undefined }
  }

  #begin(): void {
    const piece = this.#pieces[0]
    if (piece !== undefined && typeof piece !== 'string') this.#first = piece.first
  }

  #read(length: number, most: number): Promise<Uint8Array> {
    // While many files share the memory, each has what it needs and no more.
    const buffers = most === BUFFER_BYTES ? this.#buffers : undefined
    const memory = buffers?.take() ?? Buffer.allocUnsafeSlow(length)
    this.#isReading = true
    return new Promise((resolve, reject) => {
      read(this.#fd, memory, 0, length, this.#first, (error, bytes, buffer) => {
        this.#isReading = false
        if (this.#isOver) this.#close()
        else if (error || bytes === 0) this.#end()
        if (error) reject(error)
        else if (bytes === 0) reject(new HttpError(500, 'a file that has become shorter while it was sent'))
        else {
          buffers?.filled(bytes)
          resolve(bytes === buffer.length ? buffer : buffer.subarray(0, bytes))
        }
      })
    })
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    streams -= 1
    if (!this.#isReading) this.#close() // a descriptor that is being read from is closed behind the read
  }

  #close(): void {
    close(this.#fd)
  }
}
