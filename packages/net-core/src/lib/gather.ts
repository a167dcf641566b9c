const GATHER_BYTES = 64 * 1024

/**
 * Small messages that were sent in one turn of the event loop, gathered so that they leave in one write. They are
 * copied: whoever sent them may change them afterwards.
 */
export class Gather {
  #bytes: Buffer | undefined
  #length = 0

  /** How many bytes are gathered. */
  get length(): number {
    return this.#length
  }

  /** Adds a message, with `more` bytes expected behind it. False when it does not fit: then take what is there first. */
  add(data: Uint8Array, more: number): boolean {
    if (this.#length + data.length > GATHER_BYTES) return false
    const needed = this.#length + data.length
    if (this.#bytes === undefined || this.#bytes.length < needed) {
      const bytes = Buffer.allocUnsafe(Math.min(GATHER_BYTES, needed + more))
      this.#bytes?.copy(bytes, 0, 0, this.#length)
      this.#bytes = bytes
    }
    this.#bytes.set(data, this.#length)
    this.#length = needed
    return true
  }

  /** Takes all that is gathered. */
  take(): Uint8Array {
    const bytes = (this.#bytes ?? Buffer.alloc(0)).subarray(0, this.#length)
    this.#bytes = undefined
    this.#length = 0
    return bytes
  }
}
