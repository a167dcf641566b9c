import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Connection, NetError } from '@fund/net-core'
import { type Language, type Message, say } from '@fund/net-core/program'
import { clean, relayed } from '../clean.ts'
import { messages } from '../messages.ts'
import { Announcer } from './announcer.ts'
import { atMost } from './at-most.ts'
import type { Bus, BusState, Frame, Missed } from './bus.ts'
import { FanOut } from './fan-out.ts'
import { History, NOTICE, saidIn } from './history.ts'
import type { Limits } from './limits.ts'
import type { Leaving, Member } from './member.ts'
import { Metrics, type MetricsNow } from './metrics.ts'
import { makeToken, type Resumption, readToken } from './resumption-token.ts'
import { Roster } from './roster.ts'

/** How long who leaves waits for its own last words to come back, when the bus is slow or away. */
const LAST_WORDS_MS = 1_000
/** How long who is cut off has to take the last line, which says why. */
const FAREWELL_MS = 1_000
/** How often the bus is told who is here, at most. */
const PRESENT_MS = 200
/** So many names stand in one sentence. */
const MOST_NAMES = 8
/** Who comes back after a restart does so within this, each at a moment of its own. */
const RETURN_MS = 5_000

/** What a room is made of. */
export interface RoomOptions {
  readonly bus: Bus
  readonly limits: Limits
  readonly language: Language
  /** Whether members have nicks, and who comes is told what was said last. */
  readonly hasNames: boolean
  /** What the tokens are made with by which those are known who come back; without it nobody is. */
  readonly secret?: Buffer | undefined
}

/**
 * A room: what its members say goes to the bus, once a turn of the event loop, and what comes back from the bus goes to all
 * members, in one write each. So everybody sees one order, and a flood of lines is no flood of calls.
 */
export class Room {
  readonly metrics: Metrics = new Metrics()
  readonly roster: Roster
  readonly bus: Bus
  readonly limits: Limits
  readonly hasNames: boolean
  readonly #options: RoomOptions
  readonly #fanOut: FanOut
  readonly #history = new History()
  readonly #announcer: Announcer
  /** What was said here in this turn. */
  #said = ''
  #count = 0
  #notes: string[] = []
  #isPublishDue = false
  /** What came back in this turn. */
  #due: Buffer[] = []
  #isGivingDue = false
  #presentTimer: NodeJS.Timeout | undefined
  #isClosing = false

  constructor(options: RoomOptions) {
    const { bus, limits, hasNames } = options
    this.#options = options
    this.bus = bus
    this.limits = limits
    this.hasNames = hasNames
    this.#fanOut = new FanOut(limits, (member) => this.cut(member, 'slow', this.text(messages.slow)))
    this.#announcer = new Announcer({
      say: (sentence) => this.#publishSoon(NOTICE + sentence),
      sum: (joined, left) => this.#storm(joined, left),
    })
    this.roster = new Roster(bus.origin, (note) => {
      this.#notes.push(note)
      this.#schedule()
    })
  }

  /** Begins to follow the bus, with what was said before. */
  async open(): Promise<void> {
    const frames = await this.bus.history(this.hasNames ? 200 : 0)
    if (this.hasNames) {
      this.roster.learn(this.bus.others)
      for (const frame of frames) {
        this.#history.add(frame)
        if (this.bus.others.has(frame.origin)) this.roster.take(frame) // nicks younger than what was presented
      }
    }
    this.bus.follow({
      onFrame: (frame) => this.#onFrame(frame),
      onState: (state) => this.#onState(state),
      onLost: (lines) => this.#onLost(lines),
      onGone: (users, origin) => this.#onGone(users, origin),
      onRevived: () => this.#onRevived(),
    })
  }

  get language(): Language {
    return this.#options.language
  }

  get size(): number {
    return this.#fanOut.size
  }

  /** Whether the room is about to end: who leaves now is no news. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  /** What the page of counters shows of this moment. */
  get now(): MetricsNow {
    const { size, behind, queued } = this.#fanOut
    const { state, counters } = this.bus
    return { clients: size, behind, queuedBytes: queued, isSplit: state === 'split', bus: counters }
  }

  /** Lets somebody in: from now on it gets what is said. */
  enter(member: Member): void {
    if (this.#isClosing) {
      void this.#sendAway(member)
      return
    }
    this.#giveOut() // what came back before is not for the one who comes
    this.metrics.joined += 1
    if (this.bus.state === 'split') this.tell(member, messages.split)
    if (this.hasNames) {
      const { text, length } = this.#history
      if (length > 0) member.tell(text)
      member.entry = this.bus.place
      member.given = length
      this.#announcer.announce({ what: 'joined', sentence: this.text(messages.joined, { name: member.name }) })
    }
    this.#fanOut.add(member)
    this.#presentSoon()
  }

  /**
   * Lets somebody in who was here before, with what was said since; while that cannot be known, as anybody else, and says
   * so. Who came back in time was not missed: no news.
   */
  async enterAgain(member: Member, place: string, { isNews }: { readonly isNews: boolean }): Promise<void> {
    try {
      await this.bus.since(place, (missed) => this.#restore(member, missed, isNews))
    } catch (error) {
      if (!(error instanceof NetError)) throw error // the broker is away
      this.tell(member, messages.missedUnknown)
      this.enter(member)
    }
  }

  /**
   * Gives a member what it missed, who showed its token when it was in the room already: the lines from before those that
   * it was given when it came.
   */
  async catchUp(member: Member, place: string): Promise<void> {
    try {
      await this.bus.since(place, ({ frames, isWhole }) => {
        const entered = frames.findIndex(({ id }) => id === member.entry)
        const missed = frames.slice(0, entered + 1).flatMap(({ lines }) => saidIn(lines))
        const older = missed.slice(0, Math.max(0, missed.length - member.given))
        this.tell(member, isWhole ? messages.missedBefore : messages.missedSome)
        if (older.length > 0) member.tell(older.map((line) => `${line}\n`).join(''))
      })
    } catch (error) {
      if (!(error instanceof NetError)) throw error
      this.tell(member, messages.missedUnknown)
    }
  }

  /** Says a member's line to everybody. */
  say(member: Member, line: string): void {
    this.metrics.linesHeard += 1
    this.#publishSoon(member.prefix === '' ? relayed(line) : member.prefix + clean(line))
  }

  /** Says something of the room's own to everybody. */
  announce(message: Message, values?: Readonly<Record<string, string | number>>): void {
    this.#publishSoon(NOTICE + this.text(message, values))
  }

  /** Tells one member something of the room's own. */
  tell(member: Member, message: Message, values?: Readonly<Record<string, string | number>>): void {
    member.tell(this.#notice(message, values))
  }

  /** What a token says, if it is one of this room. */
  readToken(token: string): Resumption | undefined {
    const { secret } = this.#options
    return secret && readToken(token, secret)
  }

  /** Lets somebody go, and tells the others once. */
  async leave(member: Member, leaving: Leaving): Promise<void> {
    // Its last words, and what was said before them, still reach who leaves.
    if (leaving === 'bye' || leaving === 'eof') await this.settled()
    this.#fanOut.remove(member)
    this.metrics.left[leaving] += 1
    if (this.#isClosing) return
    if (this.hasNames) this.roster.release(member)
    const sentence = this.text(messages[`left.${leaving}`], { name: member.name })
    this.#announcer.announce({ what: 'left', sentence })
    this.#presentSoon()
  }

  /** Tells a member that its token is none. */
  refuseToken(member: Member): void {
    this.metrics.refused.token += 1
    this.tell(member, messages.badToken)
  }

  /** Tells somebody who may not come in why. */
  refuse(connection: Connection): void {
    this.metrics.refused.address += 1
    connection.trySend(this.#notice(messages.tooMany, { count: this.limits.perAddress }))
  }

  /** Throws somebody out: one last line, which it may take or not, and the end. Its own task then lets it leave. */
  cut(member: Member, why: Leaving, lastLine: string): void {
    if (member.cut) return
    member.cut = why
    this.#fanOut.remove(member)
    member.tell(`${NOTICE}${lastLine}\n`)
    void member.connection.close({ deadline: FAREWELL_MS })
  }

  /** Resolves when all that was said here until now has come back and was given out; after a moment in any case. */
  async settled(): Promise<void> {
    if (this.#isPublishDue) await nextTurn()
    await atMost(this.bus.settled(), LAST_WORDS_MS)
    this.#giveOut()
  }

  /** Tells everybody that the server stops, and how to come back, and ends: within four seconds. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#announcer.close()
    this.bus.present(this.#users) // they are about to leave this server, and not yet the room
    await this.settled()
    const closing = [...this.#fanOut.members].map((member) => this.#sendAway(member))
    await Promise.all([...closing, this.bus.close({ deadline: 2_500 })])
    this.#fanOut.close()
  }

  /** Tells a member how to come back, each at a moment of its own, and closes its connection. */
  async #sendAway(member: Member): Promise<void> {
    const { secret } = this.#options
    const seconds = (1 + (Math.random() * RETURN_MS) / 1000).toFixed(1)
    if (secret) {
      const token = makeToken({ place: this.bus.place, nick: member.name, origin: this.bus.origin }, secret)
      this.tell(member, messages.farewellToken, { seconds, token })
    } else this.tell(member, messages.farewell, { seconds })
    await member.connection.close({ deadline: 2_500 })
  }

  #restore(member: Member, { frames, isWhole }: Missed, isNews: boolean): void {
    this.#giveOut()
    this.metrics.joined += 1
    const missed = Buffer.concat(frames.map(({ lines }) => lines))
    member.tell(this.#notice(isWhole ? messages.missed : messages.missedSome))
    if (missed.length > 0) member.tell(missed)
    if (isNews) {
      this.#announcer.announce({ what: 'joined', sentence: this.text(messages.back, { name: member.name }) })
    }
    this.#fanOut.add(member)
    this.#presentSoon()
  }

  /** A text of the room in its language. */
  text(message: Message, values?: Readonly<Record<string, string | number>>): string {
    return say(message, this.#options.language, values)
  }

  #notice(message: Message, values?: Readonly<Record<string, string | number>>): string {
    return `${NOTICE}${this.text(message, values)}\n`
  }

  #storm(joined: number, left: number): string {
    if (left === 0) return this.text(messages.stormJoined, { joined })
    if (joined === 0) return this.text(messages.stormLeft, { left })
    return this.text(messages.storm, { joined, left })
  }

  #publishSoon(line: string): void {
    this.#said += `${line}\n`
    this.#count += 1
    this.#schedule()
  }

  /** All that is said in one turn leaves in one piece. No timer: alone in its turn, a line waits for nothing. */
  #schedule(): void {
    if (this.#isPublishDue) return
    this.#isPublishDue = true
    setImmediate(() => this.#publish())
  }

  #publish(): void {
    if (!this.#isPublishDue) return
    const said = { lines: Buffer.from(this.#said), count: this.#count, notes: this.#notes }
    this.#isPublishDue = false
    this.#said = ''
    this.#count = 0
    this.#notes = []
    this.bus.publish(said)
    this.#giveOut() // a bus in this process has given it back already
  }

  #onFrame(frame: Frame): void {
    if (this.hasNames) {
      this.#history.add(frame)
      this.roster.take(frame)
    }
    this.metrics.linesGiven += frame.count
    if (frame.count > 0) {
      this.metrics.deliveries += frame.count * this.#fanOut.size
      this.#giveSoon(frame.lines)
    }
  }

  #giveSoon(lines: Buffer): void {
    this.#due.push(lines)
    if (this.#isGivingDue) return
    this.#isGivingDue = true
    setImmediate(() => this.#giveOut())
  }

  /** One write for each member. */
  #giveOut(): void {
    this.#isGivingDue = false
    const due = this.#due
    if (due.length === 0) return
    this.#due = []
    const message = due.length === 1 ? (due[0] as Buffer) : Buffer.concat(due)
    this.metrics.bytesGiven += message.length * this.#fanOut.give(message)
  }

  /** Says it to the members of this server only. */
  #tellHere(message: Message, values?: Readonly<Record<string, string | number>>): void {
    this.#giveSoon(Buffer.from(this.#notice(message, values)))
  }

  #onState(state: BusState): void {
    if (!this.#isClosing) this.#tellHere(state === 'split' ? messages.split : messages.whole)
  }

  #onLost(count: number): void {
    if (count > 0) this.#tellHere(messages.lost, { count })
    else this.#tellHere(messages.lostUnknown)
    if (this.hasNames) this.roster.learn(this.bus.others)
  }

  #presentSoon(): void {
    this.#presentTimer ??= setTimeout(() => {
      this.#presentTimer = undefined
      if (!this.#isClosing) this.bus.present(this.#users)
    }, PRESENT_MS).unref()
  }

  /** What the other servers are told of who is here: nicks, or, without them, how many. */
  get #users(): string {
    if (this.hasNames) return this.roster.nicksHere.join(' ')
    return this.size === 0 ? '' : String(this.size)
  }

  #onGone(users: string, origin: string): void {
    // Who is back already, here or on a third server, has not gone with that one.
    if (this.hasNames) this.#announceGone(this.roster.forget(origin).join(' '))
    else this.#announceGone(users)
  }

  #announceGone(users: string): void {
    if (users !== '') this.#announceSome(users, messages['left.server'], messages['left.server.many'])
  }

  /** The others took this server for dead, since it stood still for too long. */
  #onRevived(): void {
    if (this.hasNames) this.roster.reclaim()
    if (this.size > 0) this.#announceSome(this.#users, messages.back, messages['back.many'])
  }

  /** Says something of those that a server presented: by their names, if these are few, or how many they are. */
  #announceSome(users: string, one: Message, many: Message): void {
    const nicks = this.hasNames ? users.split(' ') : []
    const count = this.hasNames ? nicks.length : Number(users) || 1
    const name = this.hasNames && count <= MOST_NAMES ? clean(nicks.join(', ')) : String(count)
    this.announce(count === 1 ? one : many, { name })
  }
}
