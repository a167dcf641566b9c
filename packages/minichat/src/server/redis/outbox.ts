import type { Said } from '../bus.ts'
import type { Outgoing } from './stream-entry.ts'

/** With so much held here, no more should come in. */
const FULL_BYTES = 1 << 20
const FULL_FRAMES = 1_000
/**
 * How long before its end a broker may have forgotten what it took. Killed, it comes back without what it had not written to
 * its log: with `appendfsync everysec`, and a slow disk, two seconds.
 */
const FORGOTTEN_MS = 3_000
/** How much of what was sent is kept for that. */
const KEPT_BYTES = 8 << 20
/** How much is put together into one entry: much less than a reader takes for one of ours (stream-entry.ts). */
const ENTRY_BYTES = 128 << 10

const LF = 0x0a

/**
 * What was said here and is not surely in the stream. One frame is on its way at a time, so that none can overtake
 * another, whatever becomes of it; what is said meanwhile is put together into the next.
 */
export class Outbox {
  #held: Said[] = []
  #outgoing: Outgoing | undefined
  /** What was sent a moment ago, oldest first, and what of it has to be sent again. */
  readonly #kept: { readonly frame: Outgoing; readonly sentAt: number }[] = []
  #keptBytes = 0
  #again: Outgoing[] = []
  #bytes = 0
  #n = 0
  #lines = 0
  /** How many times something was added, and up to which of these the frames that have not come back go. */
  #added = 0
  readonly #out: { readonly n: number; readonly upTo: number }[] = []
  #isFull = false
  #onDrained: (() => void)[] = []
  #onEmpty: (() => void)[] = []

  /** No more should come in, until half of it has left. */
  get isFull(): boolean {
    return this.#isFull
  }

  get isEmpty(): boolean {
    return this.#outgoing === undefined && this.#held.length === 0 && this.#again.length === 0
  }

  /** How many times something was added. */
  get added(): number {
    return this.#added
  }

  /** Lines that have not surely arrived. */
  get lines(): number {
    return this.#held.reduce((sum, { count }) => sum + count, this.#outgoing?.count ?? 0)
  }

  get bytes(): number {
    return this.#bytes
  }

  add(said: Said): void {
    for (const piece of pieces(said)) {
      this.#added += 1
      this.#held.push(piece)
      this.#bytes += piece.lines.length
    }
    this.#isFull ||= this.#bytes >= FULL_BYTES || this.#held.length >= FULL_FRAMES
  }

  /** What to send: the same frame until it is `sent`. */
  next(): Outgoing | undefined {
    if (this.#again.length > 0) return this.#again[0]
    if (!this.#outgoing && this.#held.length > 0) this.#outgoing = this.#number(this.#gather())
    return this.#outgoing
  }

  /** The frame with this number is in the stream. */
  sent(n: number): void {
    if (this.#again[0]?.n === n) this.#keep(this.#again.shift() as Outgoing)
    else if (this.#outgoing?.n === n) {
      this.#bytes -= this.#outgoing.lines.length
      this.#keep(this.#outgoing)
      this.#outgoing = undefined
    } else return
    if (this.#bytes < FULL_BYTES / 2 && this.#held.length < FULL_FRAMES / 2) this.#isFull = false
    if (!this.#isFull) for (const resolve of this.#onDrained.splice(0)) resolve()
    if (this.isEmpty) for (const resolve of this.#onEmpty.splice(0)) resolve()
  }

  /** The frame with this number has come back. Gives up to which `added` all has. */
  returned(n: number): number {
    this.sent(n)
    let upTo = 0
    while ((this.#out[0]?.n ?? Number.POSITIVE_INFINITY) <= n) upTo = this.#out.shift()?.upTo ?? 0
    return upTo
  }

  /** The stream has forgotten our frames behind this number: those sent shortly before `endedAt`, or later, go out again. */
  recover(n: number, endedAt: number): void {
    const recent = this.#kept.splice(0).filter(({ sentAt }) => sentAt >= endedAt - FORGOTTEN_MS)
    this.#keptBytes = 0
    this.#again = [...recent.map(({ frame }) => frame), ...this.#again].filter((frame) => frame.n > n)
  }

  /** Resolves when it is not full, or given up. */
  drained(): Promise<void> {
    return new Promise((resolve) => (this.#isFull ? this.#onDrained.push(resolve) : resolve()))
  }

  /** Resolves when all has been sent. */
  emptied(): Promise<void> {
    return new Promise((resolve) => (this.isEmpty ? resolve() : this.#onEmpty.push(resolve)))
  }

  /** Wakes who waits for `drained`: nothing will be sent any more. */
  giveUp(): void {
    this.#isFull = false
    for (const resolve of this.#onDrained.splice(0)) resolve()
  }

  #keep(frame: Outgoing): void {
    const sentAt = performance.now()
    this.#kept.push({ frame, sentAt })
    this.#keptBytes += frame.lines.length
    while ((this.#kept[0]?.sentAt ?? sentAt) < sentAt - FORGOTTEN_MS || this.#keptBytes > KEPT_BYTES) {
      this.#keptBytes -= this.#kept.shift()?.frame.lines.length ?? 0
    }
  }

  #gather(): Said {
    let bytes = 0
    let end = 0
    while (end < this.#held.length && (end === 0 || bytes < ENTRY_BYTES)) bytes += sizeOf(this.#held[end++])
    const frames = this.#held.splice(0, end)
    const [first] = frames
    if (first && frames.length === 1) return first
    return {
      lines: Buffer.concat(frames.map(({ lines }) => lines)),
      count: frames.reduce((sum, { count }) => sum + count, 0),
      notes: frames.flatMap(({ notes = [] }) => notes),
    }
  }

  #number(said: Said): Outgoing {
    this.#n += 1
    this.#out.push({ n: this.#n, upTo: this.#added - this.#held.length })
    const before = this.#lines
    this.#lines += said.count
    return { ...said, n: this.#n, before }
  }
}

function sizeOf({ lines, notes = [] }: Said = { lines: Buffer.alloc(0), count: 0 }): number {
  return notes.reduce((sum, note) => sum + note.length, lines.length)
}

/** What was said, in pieces of whole lines: one turn of a busy server may have more than an entry can carry. */
function* pieces(said: Said): Generator<Said> {
  let { lines, count, notes } = said
  while (lines.length > ENTRY_BYTES) {
    const last = lines.lastIndexOf(LF, ENTRY_BYTES)
    const end = (last === -1 ? lines.indexOf(LF, ENTRY_BYTES) : last) + 1
    const piece = lines.subarray(0, end)
    const pieceCount = countOf(piece)
    yield { lines: piece, count: pieceCount, notes }
    lines = lines.subarray(end)
    count -= pieceCount
    notes = undefined
  }
  if (lines.length > 0 || notes) yield { lines, count, notes }
}

function countOf(lines: Buffer): number {
  let count = 0
  for (let at = lines.indexOf(LF); at !== -1; at = lines.indexOf(LF, at + 1)) count += 1
  return count
}
