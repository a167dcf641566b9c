import type { Frame } from '../bus.ts'
import type { BrokerLink, Reply } from './broker-link.ts'
import { Origins } from './origins.ts'
import { compareIds, type Entry, entryId, readEntry } from './stream-entry.ts'

/** Entries per read. */
const READ_COUNT = 256
/** How often it looks whether the stream is still the one it was. */
const CHECK_MS = 2_000
/** Before every entry. */
export const BEGINNING = '0-0'

/** What a follower tells. */
export interface FollowerEvents {
  readonly onEntry: (entry: Entry) => void
  /** Lines are missing: at least so many; with 0, nobody can know whether any are. */
  readonly onLost: (lines: number) => void
  /** The stream is not what it was at `knownAt`: of our own frames it has those up to this number. */
  readonly onForgotten: (n: number, knownAt: number) => void
}

/** Reads a stream in order, from where it was, over as many links as it takes. */
export class Follower {
  readonly #key: string
  readonly #origin: string
  readonly #events: FollowerEvents
  readonly #origins = new Origins()
  /** The entry read last. */
  #place: string
  #hasToldLoss = false
  /** When the broker answered last. */
  #knownAt = performance.now()
  /** Of the last look at the stream from its beginning: the number of our last frame in it. */
  #ownLast = 0
  #refused = 0
  #repeated = 0

  constructor(key: string, origin: string, place: string, events: FollowerEvents) {
    this.#key = key
    this.#origin = origin
    this.#place = place
    this.#events = events
  }

  get place(): string {
    return this.#place
  }

  /** Entries that were none of ours. */
  get refused(): number {
    return this.#refused
  }

  /** Entries that had come before. */
  get repeated(): number {
    return this.#repeated
  }

  /** Goes on behind these, which were read in another way. */
  skip(entries: readonly Entry[], place: string): void {
    for (const entry of entries) this.#origins.admit(entry)
    this.#place = place
  }

  /** Reads what is there already; then it has told everything, losses too. */
  async catchUp(link: BrokerLink): Promise<void> {
    const isGap = !(await this.#isInPlace(link))
    const was = this.#place
    if (isGap) this.#startOver()
    let first: string | undefined
    while (true) {
      const entries = entriesOf(await link.ask('XREAD', 'COUNT', String(READ_COUNT), 'STREAMS', this.#key, this.#place))
      first ??= entryId(entries[0] ?? null)
      if (this.#take(entries) === 0) break
    }
    if (!isGap) return
    this.#events.onForgotten(this.#ownLast, this.#knownAt)
    // When older entries are still there, only the last moment is gone, which every server sends again.
    const isOnlyTheEnd = first !== undefined && compareIds(first, was) < 0
    if (!isOnlyTheEnd && !this.#hasToldLoss) this.#events.onLost(0)
  }

  /** Reads what comes, until the link is down, which it throws. */
  async follow(link: BrokerLink): Promise<never> {
    let checkedAt = performance.now()
    while (true) {
      this.#take(entriesOf(await link.read(this.#key, this.#place, READ_COUNT)))
      this.#knownAt = performance.now()
      if (performance.now() - checkedAt < CHECK_MS) continue
      await this.catchUp(link)
      checkedAt = performance.now()
    }
  }

  /**
   * Whether the entry read last is still there. If not, what came behind it may be gone as well: others wrote more than the
   * stream keeps, or the broker lost its memory, or came back with an older one.
   */
  async #isInPlace(link: BrokerLink): Promise<boolean> {
    if (this.#place === BEGINNING) return true
    const found = await link.ask('XRANGE', this.#key, this.#place, this.#place)
    return Array.isArray(found) && found.length === 1
  }

  /** From the beginning of what is there: what was read before is told by its numbers, and not given again. */
  #startOver(): void {
    this.#place = BEGINNING
    this.#hasToldLoss = false
    this.#ownLast = 0
  }

  #take(entries: readonly Reply[]): number {
    for (const raw of entries) {
      const id = entryId(raw)
      if (id !== undefined) this.#place = id
      const entry = readEntry(raw)
      if (entry) this.#admit(entry)
      else this.#refused += 1
    }
    return entries.length
  }

  #admit(entry: Entry): void {
    if (entry.frame.origin === this.#origin) this.#ownLast = Math.max(this.#ownLast, entry.n)
    const { isNew, missing } = this.#origins.admit(entry)
    if (!isNew) {
      this.#repeated += 1
      return
    }
    if (missing !== undefined) {
      this.#hasToldLoss = true
      this.#events.onLost(missing)
    }
    this.#events.onEntry(entry)
  }
}

/** Leaves out what comes a second time. */
export function withoutRepeats(entries: readonly Entry[]): Frame[] {
  const origins = new Origins()
  return entries.filter((entry) => origins.admit(entry).isNew).map(({ frame }) => frame)
}

/** The entries in the answer to XREAD of one stream. */
function entriesOf(reply: Reply): readonly Reply[] {
  const [stream] = Array.isArray(reply) ? (reply as readonly Reply[]) : []
  return Array.isArray(stream) && Array.isArray(stream[1]) ? (stream[1] as readonly Reply[]) : []
}
