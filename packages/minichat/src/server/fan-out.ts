import type { Limits } from './limits.ts'
import type { Member } from './member.ts'

/** What the fan-out needs to know of the limits. */
export type FanOutLimits = Pick<Limits, 'queueBytes' | 'drainMs' | 'behind'>

/**
 * Gives every member its copy, and never waits: one write each, of one and the same buffer. What the system does not take
 * waits here; who lets too much wait, or too long, is given up.
 */
export class FanOut {
  readonly #limits: FanOutLimits
  readonly #giveUp: (member: Member) => void
  readonly #members = new Set<Member>()
  /** Those for whom something waits, since when, the longest first. */
  readonly #behind = new Map<Member, number>()
  #timer: NodeJS.Timeout | undefined

  /** @param giveUp Is called for a member that does not read: it must remove it. */
  constructor(limits: FanOutLimits, giveUp: (member: Member) => void) {
    this.#limits = limits
    this.#giveUp = giveUp
  }

  get size(): number {
    return this.#members.size
  }

  /** How many have something waiting here. */
  get behind(): number {
    return this.#behind.size
  }

  get members(): Iterable<Member> {
    return this.#members
  }

  /** Bytes that wait here, for all. What several wait for is in memory once. */
  get queued(): number {
    let bytes = 0
    for (const { connection } of this.#behind.keys()) bytes += connection.queued
    return bytes
  }

  add(member: Member): void {
    this.#members.add(member)
  }

  remove(member: Member): boolean {
    this.#catchUp(member)
    return this.#members.delete(member)
  }

  /** Gives it to everybody; gives how many took it. */
  give(message: Buffer): number {
    const limit = { limit: this.#limits.queueBytes }
    let taken = 0
    for (const member of this.#members) {
      if (member.isBehind && member.connection.queued === 0) this.#catchUp(member)
      const result = member.connection.trySend(message, limit)
      if (result === 'closed') continue // its own task is about to notice
      if (result === 'over') {
        this.#giveUp(member)
        continue
      }
      taken += 1
      if (result === 'queued' && !member.isBehind) this.#fallBehind(member)
    }
    return taken
  }

  /** No more watching. */
  close(): void {
    clearTimeout(this.#timer)
  }

  #fallBehind(member: Member): void {
    member.isBehind = true
    this.#behind.set(member, performance.now())
    this.#timer ??= setTimeout(() => this.#look(), this.#limits.drainMs)
    const [longest] = this.#behind.keys()
    if (this.#behind.size > this.#limits.behind && longest) this.#giveUp(longest)
  }

  #catchUp(member: Member): void {
    if (!member.isBehind) return
    member.isBehind = false
    this.#behind.delete(member)
  }

  /** Gives up whoever has been behind for too long, and comes back when the next would have been. */
  #look(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [member, since] of this.#behind) {
      if (member.connection.queued === 0) this.#catchUp(member)
      else if (since + this.#limits.drainMs > now) {
        this.#timer = setTimeout(() => this.#look(), since + this.#limits.drainMs - now + 1)
        return
      } else this.#giveUp(member)
    }
  }
}
