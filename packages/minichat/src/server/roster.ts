import { createHash } from 'node:crypto'
import type { Frame } from './bus.ts'
import type { Member } from './member.ts'
import { type Nick, readNick } from './nick.ts'

interface Claim {
  readonly member: Member
  readonly nick: Nick
  readonly settle: (isGranted: boolean) => void
}

/*
 * The notes: `+ana` claims a nick, `-ana` frees it, `=guest1` says that it is used where nobody else can claim it, `~0f3c` that
 * all nicks of that server are free: it is gone.
 */

/**
 * Who is called what, in a room on any number of servers. A nick is claimed by a note on the bus, and granted when the note
 * comes back: in the one order for all, every server sees the same claim come first.
 */
export class Roster {
  readonly #origin: string
  /** What makes the guests of this server others than those of the next. */
  readonly #tag: string
  #guests = 0
  readonly #note: (note: string) => void
  readonly #here = new Map<string, Member>()
  /** Nicks on other servers: whose, by key. */
  readonly #elsewhere = new Map<string, { readonly nick: string; readonly origin: string }>()
  /** Claims on their way, in the order in which they will come back; one may be lost. */
  readonly #claims: Claim[] = []
  /** Who has left, and may have a claim on its way. */
  readonly #left = new WeakSet<Member>()

  /** @param note Puts a note on the bus. */
  constructor(origin: string, note: (note: string) => void) {
    this.#origin = origin
    this.#tag = origin === 'here' ? '' : `-${createHash('sha256').update(origin).digest('hex').slice(0, 4)}`
    this.#note = note
  }

  /** All nicks, those of this server first. */
  get nicks(): string[] {
    return [...this.nicksHere, ...[...this.#elsewhere.values()].map(({ nick }) => nick)]
  }

  get nicksHere(): string[] {
    return [...this.#here.values()].map(({ name }) => name)
  }

  isTaken(key: string): boolean {
    return this.#here.has(key) || this.#elsewhere.has(key)
  }

  /** Gives a member who comes a nick that nobody has, at once, and gives that nick. */
  adopt(member: Member): string {
    let nick: string
    do {
      this.#guests += 1
      nick = `guest${this.#guests}${this.#tag}`
    } while (this.isTaken(nick))
    member.name = nick
    this.#here.set(nick, member)
    this.#note(`=${nick}`)
    return nick
  }

  /**
   * Gives a member who is back the nick it had on the server `origin`, where it is no longer; false when somebody has it by now,
   * here or on another server.
   */
  restore(member: Member, { nick, key }: Nick, origin: string): boolean {
    if (this.#here.has(key) || (this.#elsewhere.get(key)?.origin ?? origin) !== origin) return false
    this.#takeBack(member)
    this.#elsewhere.delete(key)
    member.name = nick
    this.#here.set(key, member)
    this.#note(`=${nick}`)
    return true
  }

  /** Says again who is here, to servers that thought this one dead. */
  reclaim(): void {
    for (const nick of this.nicksHere) this.#note(`=${nick}`)
  }

  /** Asks for a nick, and resolves with whether the member has it now; its old one is free then. */
  claim(member: Member, nick: Nick): Promise<boolean> {
    const holder = this.#here.get(nick.key)
    if (holder === member) {
      member.name = nick.nick // only the capitals differ
      return Promise.resolve(true)
    }
    if (this.isTaken(nick.key)) return Promise.resolve(false)
    return new Promise((settle) => {
      this.#claims.push({ member, nick, settle })
      this.#note(`+${nick.nick}`)
    })
  }

  /** Frees the nick of a member who leaves. */
  release(member: Member): void {
    this.#left.add(member)
    const key = readNick(member.name)?.key
    if (key !== undefined && this.#here.get(key) === member) this.#note(`-${member.name}`)
  }

  /** Takes in what a frame says of nicks. */
  take({ origin, notes }: Frame): void {
    for (const note of notes) {
      if (note.startsWith('~') && origin !== this.#origin) this.#drop(note.slice(1))
      const nick = readNick(note.slice(1)) // a note comes from wherever the bus reaches
      if (!nick) continue
      if (origin === this.#origin) this.#takeOwn(note[0], nick)
      else if (note.startsWith('+')) this.#takeOther(nick, origin)
      else if (note.startsWith('=')) this.#moveThere(nick, origin)
      else if (this.#elsewhere.get(nick.key)?.origin === origin) this.#elsewhere.delete(nick.key)
    }
  }

  /** Believes what the other servers presented: at the start, and when frames were lost. */
  learn(others: ReadonlyMap<string, string>): void {
    this.#elsewhere.clear()
    for (const [origin, users] of others) {
      for (const word of users.split(' ')) {
        const nick = readNick(word)
        if (nick) this.#takeOther(nick, origin)
      }
    }
  }

  /** Forgets the nicks of a server that is gone, on all others too, and gives them. */
  forget(origin: string): string[] {
    this.#note(`~${origin}`)
    return this.#drop(origin)
  }

  #drop(origin: string): string[] {
    const gone = [...this.#elsewhere].filter(([, each]) => each.origin === origin)
    for (const [key] of gone) this.#elsewhere.delete(key)
    return gone.map(([, { nick }]) => nick)
  }

  #takeOwn(sign: string | undefined, nick: Nick): void {
    if (sign === '=') return
    if (sign === '-') {
      this.#here.delete(nick.key)
      return
    }
    const at = this.#claims.findIndex((each) => each.nick.key === nick.key)
    if (at === -1) return
    for (const lost of this.#claims.splice(0, at)) lost.settle(false) // the frame it was in never came
    const claim = this.#claims.shift() as Claim
    const isGranted = !this.isTaken(nick.key) && claim.member.cut === undefined && !this.#left.has(claim.member)
    if (isGranted) {
      this.#takeBack(claim.member)
      claim.member.name = nick.nick
      this.#here.set(nick.key, claim.member)
    } else if (!this.isTaken(nick.key)) this.#note(`-${nick.nick}`)
    claim.settle(isGranted)
  }

  /** The old nick of a member who has a new one. */
  #takeBack(member: Member): void {
    const old = readNick(member.name)
    if (!old || this.#here.get(old.key) !== member) return
    this.#here.delete(old.key)
    this.#note(`-${old.nick}`)
  }

  /** Who uses a nick without a claim has it by right: a guest, or somebody who is back and was on another server before. */
  #moveThere(nick: Nick, origin: string): void {
    if (!this.#here.has(nick.key)) this.#elsewhere.set(nick.key, { nick: nick.nick, origin })
  }

  #takeOther(nick: Nick, origin: string): void {
    if (!this.isTaken(nick.key)) this.#elsewhere.set(nick.key, { nick: nick.nick, origin })
  }
}
