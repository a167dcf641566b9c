const GATHER_BYTES = 64 * 1024

/**
 * Messages that were sent in one turn of the event loop, gathered so that they leave in one write.
 *
 * A server that sends back what it received sends slices of one chunk, one behind the other: those are not copied, one
 * longer slice takes their place. Anything else is copied: whoever sent it may change it afterwards.
 */
export class Gather {
  /** Slices that lie side by side, while nothing else has been added. */
  #slice: Uint8Array | undefined
  #copies: Buffer | undefined
  #length = 0

  /** How many bytes are gathered. */
  get length(): number {
    return this.#length
  }

  /**
   * Adds a message; `unread` is the chunk of which more is to be looked at, if any. False when there is no room: then take
   * what is there first.
   */
  add(data: Uint8Array, unread: Uint8Array | undefined): boolean {
    const length = this.#length + data.length
    if (length > GATHER_BYTES) return false
    const slice = this.#length === 0 ? received(data, unread) : joined(this.#slice, data)
    if (slice === undefined) this.#copy(data, unread?.length ?? 0)
    this.#slice = slice
    this.#length = length
    return true
  }

  /** Takes all that is gathered. */
  take(): Uint8Array {
    const bytes = this.#slice ?? this.#copies?.subarray(0, this.#length) ?? new Uint8Array()
    this.#slice = undefined
    this.#copies = undefined
    this.#length = 0
    return bytes
  }

  #copy(data: Uint8Array, more: number): void {
    const needed = this.#length + data.length
    if (this.#copies === undefined || this.#copies.length < needed) {
      const copies = Buffer.allocUnsafe(Math.min(GATHER_BYTES, needed + more))
      if (this.#copies !== undefined) this.#copies.copy(copies, 0, 0, this.#length)
      this.#copies = copies
    }
    if (this.#slice !== undefined) this.#copies.set(this.#slice)
    this.#copies.set(data, this.#length)
  }
}

/** The message itself, when it is a slice of the chunk that is being looked at: that memory is nobody else's. */
function received(data: Uint8Array, unread: Uint8Array | undefined): Uint8Array | undefined {
  return unread !== undefined && data.buffer === unread.buffer ? data : undefined
}

function joined(slice: Uint8Array | undefined, data: Uint8Array): Uint8Array | undefined {
  if (slice === undefined || slice.buffer !== data.buffer) return undefined
  if (slice.byteOffset + slice.length !== data.byteOffset) return undefined
  return new Uint8Array(slice.buffer, slice.byteOffset, slice.length + data.length)
}
