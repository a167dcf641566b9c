import { HttpError } from './http-error.ts'

/** How long the parts of a chunked body that are no data may be. */
export interface ChunkedLimits {
  /** Bytes of the line with a chunk's size and its extensions. */
  readonly lineBytes: number
  /** Bytes of all the fields behind the last chunk. */
  readonly trailerBytes: number
  /** Bytes of all the data together; more is answered with 413. */
  readonly bodyBytes: number
}

const LF = 0x0a
const CR = 0x0d

/** Bytes of framing beyond what the data explains: nobody honest needs as many. */
const EXCESS_BYTES = 16 * 1024

// What comes next.
const SIZE = 0
const DATA = 1
const DATA_END = 2
const TRAILER = 3
const DONE = 4

/**
 * Takes the data out of a chunked body (RFC 9112, section 7.1) that comes in pieces. Extensions are read over. Every line
 * must end in CRLF: what a lenient reader takes for the end of a chunk hides a request from a strict one.
 */
export class ChunkedDecoder {
  /** Name and value of each field behind the last chunk. */
  readonly trailers: [string, string][] = []
  readonly #limits: ChunkedLimits
  #state = SIZE
  #left = 0
  #announced = 0
  #line = ''
  #excess = 0
  #trailerBytes = 0

  constructor(limits: ChunkedLimits) {
    this.#limits = limits
  }

  /** Whether the body is complete. */
  get isDone(): boolean {
    return this.#state === DONE
  }

  /**
   * Reads from `at`, gives each piece of data to `take`, and tells where it stopped: at the end of the bytes, or of the body.
   *
   * @throws {HttpError} 400 when the framing is broken, 413 as soon as a chunk is announced that would be too much.
   */
  decode(bytes: Buffer, at: number, take: (data: Buffer) => void): number {
    let i = at
    while (i < bytes.length && this.#state !== DONE) {
      if (this.#state === DATA) {
        const data = bytes.subarray(i, i + this.#left)
        i += data.length
        this.#left -= data.length
        if (this.#left === 0) this.#state = DATA_END
        take(data)
      } else {
        i = this.#readLine(bytes, i)
      }
    }
    return i
  }

  /** Reads a line, or what has come of it. */
  #readLine(bytes: Buffer, at: number): number {
    const longest = this.#longest()
    if (this.#state === DATA_END && this.#line === '' && bytes[at] !== CR) throw broken()
    const found = bytes.indexOf(LF, at)
    const end = found === -1 ? bytes.length : found + 1
    if (this.#line.length + end - at > longest) throw broken()
    this.#line += bytes.toString('latin1', at, end)
    if (found === -1) return end
    const line = this.#line
    this.#line = ''
    if (!line.endsWith('\r\n')) throw broken()
    this.#onLine(line.slice(0, -2))
    return end
  }

  #longest(): number {
    if (this.#state === DATA_END) return 2
    return this.#state === SIZE ? this.#limits.lineBytes + 2 : this.#limits.trailerBytes - this.#trailerBytes + 2
  }

  #onLine(line: string): void {
    if (this.#state === DATA_END) this.#state = SIZE
    else if (this.#state === SIZE) this.#onSize(line)
    else if (line === '') this.#state = DONE
    else this.#onTrailer(line)
  }

  #onSize(line: string): void {
    const [, digits] = /^([\da-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(line) ?? []
    if (digits === undefined) throw broken()
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? TRAILER : DATA
    this.#announced += this.#left
    if (this.#announced > this.#limits.bodyBytes) throw new HttpError(413, 'a body that is too long')
    this.#excess = Math.max(0, this.#excess + line.length - 16 - 2 * this.#left)
    if (this.#excess > EXCESS_BYTES) throw broken()
  }

  #onTrailer(line: string): void {
    this.#trailerBytes += line.length + 2
    const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw broken()
    this.trailers.push([name, value])
  }
}

function broken(): HttpError {
  return new HttpError(400, 'a chunked body that is broken')
}
