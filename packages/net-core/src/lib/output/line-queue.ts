/** What may wait to be written. */
const QUEUE_BYTES = 256 * 1024
/** After lines were dropped, none is taken before the queue has drained below this: one gap, not many. */
const ROOM_BYTES = QUEUE_BYTES / 2

/** Lines that wait to be written, in bounded memory: what finds no room is dropped, counted, and told in its place. */
export class LineQueue {
  readonly #leftOut: (lines: number) => string
  #texts: string[] = []
  #textBytes = 0
  #buffer: Buffer = Buffer.alloc(0)
  #lost = 0

  /** @param leftOut Gives the line that tells how many are missing. */
  constructor(leftOut: (lines: number) => string) {
    this.#leftOut = leftOut
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#buffer.length + this.#textBytes
  }

  /** Whether nothing waits, nor has to be told yet. */
  get isEmpty(): boolean {
    return this.bytes === 0 && this.#lost === 0
  }

  /** Whether a text of whole lines would find room. */
  hasRoom(text: string): boolean {
    const bytes = this.bytes
    if (this.#lost > 0 && bytes > ROOM_BYTES) return false
    return bytes === 0 || bytes + Buffer.byteLength(text) <= QUEUE_BYTES
  }

  /** Takes a text of whole lines, or counts its lines as lost. */
  push(text: string): void {
    if (!this.hasRoom(text)) {
      this.#lost += text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
      return
    }
    this.#tellLoss()
    this.#add(text)
  }

  /** The bytes to write next; empty when nothing waits. */
  peek(): Buffer {
    if (this.#buffer.length === 0) {
      if (this.#textBytes === 0) this.#tellLoss()
      this.#buffer = Buffer.from(this.#texts.join(''))
      this.#texts = []
      this.#textBytes = 0
    }
    return this.#buffer
  }

  /** The first so many bytes are written. */
  take(bytes: number): void {
    this.#buffer = this.#buffer.subarray(bytes)
  }

  /** Forgets everything: nobody will read it. */
  clear(): void {
    this.#texts = []
    this.#textBytes = 0
    this.#buffer = Buffer.alloc(0)
    this.#lost = 0
  }

  #tellLoss(): void {
    if (this.#lost === 0) return
    const lost = this.#lost
    this.#lost = 0
    this.#add(this.#leftOut(lost))
  }

  #add(text: string): void {
    this.#texts.push(text)
    this.#textBytes += Buffer.byteLength(text)
  }
}
