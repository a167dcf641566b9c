/** The size of every buffer here. */
export const BUFFER_BYTES: number = 1024 * 1024

/** Buffers that nobody uses are kept up to this many, and so are those that may still be in use. */
const MOST_KEPT = 32

/** How many of the bytes that were sent last still wait to be handed to the system. */
export type Queued = () => number

const free: Buffer[] = []
let cooling: { readonly buffers: readonly Buffer[]; readonly queued: Queued }[] = []

/**
 * The buffers that one stream reads into, one after the other, and that come back when what was in them is sent. Fresh memory
 * costs more than what is done with it: the system clears each page of it, when it is first written to.
 */
export class ReadBuffers {
  readonly #queued: Queued
  /** In the order in which they are sent, and how much of each. */
  #lent: { readonly buffer: Buffer; length: number }[] = []

  constructor(queued: Queued) {
    this.#queued = queued
  }

  /** A buffer to read into. */
  take(): Buffer {
    this.#reclaim()
    if (free.length === 0) thaw()
    const buffer = free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.#lent.push({ buffer, length: 0 })
    return buffer
  }

  /** So many bytes of the last one are sent. */
  filled(length: number): void {
    const last = this.#lent.at(-1)
    if (last) last.length = length
  }

  /** The stream has ended; the last bytes of it may still be on their way. */
  end(): void {
    const buffers = this.#lent.map(({ buffer }) => buffer)
    this.#lent = []
    if (buffers.length === 0) return
    cooling.push({ buffers, queued: this.#queued })
    if (cooling.length > MOST_KEPT) cooling.shift()
  }

  /** What waits is what was sent last: the buffers before that are free. */
  #reclaim(): void {
    const queued = this.#queued()
    let newer = 0
    for (let at = this.#lent.length - 1; at >= 0; at -= 1) {
      if (newer >= queued) {
        for (const { buffer } of this.#lent.splice(0, at + 1)) keep(buffer)
        return
      }
      newer += this.#lent[at]?.length ?? 0
    }
  }
}

function thaw(): void {
  cooling = cooling.filter(({ buffers, queued }) => {
    if (queued() > 0) return true
    for (const buffer of buffers) keep(buffer)
    return false
  })
}

function keep(buffer: Buffer): void {
  if (free.length < MOST_KEPT) free.push(buffer)
}
