import { Headers } from './headers.ts'

/** How much of a body lies here before its client has to wait. */
const HIGH_WATER_BYTES = 64 * 1024

/** A piece shorter than this is put together with others: on its own it would cost more than its bytes. */
const SHORT_BYTES = 1024
/** What such pieces are put together in. */
const GATHER_BYTES = 8 * 1024

interface Reading {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void
  readonly reject: (error: unknown) => void
}

/** A request's body on its way from the connection to whoever reads it. */
export class Incoming implements AsyncIterableIterator<Uint8Array, undefined> {
  /** Fields that came behind the body: filled in by its end. */
  readonly trailers: Headers = new Headers()
  readonly #onWanted: () => void
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** Where short pieces are put together, and how much of it is in use. */
  #gathered: Buffer | undefined
  #used = 0
  #reading: Reading | undefined
  #hasEnded = false
  #error: unknown
  #isWanted = false
  #isDropped = false

  /** `onWanted` is called when somebody begins to read, and whenever the rest of what lay here is taken. */
  constructor(onWanted: () => void) {
    this.#onWanted = onWanted
  }

  /** Whether anybody has begun to read. */
  get isWanted(): boolean {
    return this.#isWanted
  }

  /** Whether enough lies here for the client to wait. */
  get isFull(): boolean {
    return this.#bytes >= HIGH_WATER_BYTES
  }

  push(chunk: Uint8Array): void {
    if (this.#isDropped) return
    const reading = this.#reading
    if (reading) {
      this.#reading = undefined
      reading.resolve({ done: false, value: chunk })
      return
    }
    this.#bytes += chunk.length
    if (chunk.length < SHORT_BYTES && this.#chunks.length > 0) this.#gather(chunk)
    else this.#chunks.push(chunk)
  }

  /** Keeps the bytes of a short piece, and not the memory that it came in. */
  #gather(chunk: Uint8Array): void {
    if (!this.#gathered || this.#gathered.length - this.#used < chunk.length) {
      this.#gathered = Buffer.allocUnsafeSlow(GATHER_BYTES)
      this.#used = 0
    }
    const from = this.#used
    this.#gathered.set(chunk, from)
    this.#used += chunk.length
    const last = this.#chunks.at(-1) as Uint8Array
    const isBehind = last.buffer === this.#gathered.buffer && last.byteOffset + last.length === from
    if (isBehind) this.#chunks[this.#chunks.length - 1] = this.#gathered.subarray(last.byteOffset, this.#used)
    else this.#chunks.push(this.#gathered.subarray(from, this.#used))
  }

  end(): void {
    this.#hasEnded = true
    this.#reading?.resolve({ done: true, value: undefined })
    this.#reading = undefined
  }

  fail(error: unknown): void {
    if (this.#hasEnded || this.#error !== undefined) return
    this.#error = error
    this.#reading?.reject(error)
    this.#reading = undefined
  }

  /** Nobody will read what is left. */
  drop(): void {
    this.#isDropped = true
    this.#chunks = []
    this.#bytes = 0
    this.#gathered = undefined
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isWanted = true
    const chunk = this.#chunks.shift()
    if (chunk) {
      this.#bytes -= chunk.length
      if (this.#bytes === 0) this.#onWanted()
      return Promise.resolve({ done: false, value: chunk })
    }
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#hasEnded || this.#isDropped) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.#reading = { resolve, reject }
      this.#onWanted()
    })
  }

  /** The reader has had enough. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.drop()
    this.#onWanted()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
