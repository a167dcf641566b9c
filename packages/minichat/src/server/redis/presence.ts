import type { BrokerLink } from './broker-link.ts'
import { isOrigin } from './stream-entry.ts'

/** How often a server says that it is there. */
export const REFRESH_MS = 5_000
/** How long that holds: three times. */
const PRESENT_MS = 15_000
/** How long a dead server can learn that it was taken for dead. */
const GONE_MS = 24 * 60 * 60_000
/** How long it holds once the server has left: so long its users may take to come back elsewhere. */
const LEFT_MS = 10_000

/** What presence tells. */
export interface PresenceEvents {
  /** Another server is dead, and of all servers it is on us to say so. */
  readonly onGone: (users: string, origin: string) => void
  /** We were taken for dead. */
  readonly onRevived: () => void
}

/**
 * Which servers are there, and who is with them. Each has a key that expires unless it is refreshed, and its name in a set
 * that does not: a name without a key is a dead server, and who takes the name out of the set is the one to say so.
 */
export class Presence {
  readonly #key: string
  readonly #origin: string
  readonly #events: PresenceEvents
  readonly #others = new Map<string, string>()
  #users = ''
  #hasLeft = false
  /** Since when a missing key means a dead server. While the broker was away all keys may have expired. */
  #trustedFrom = Number.POSITIVE_INFINITY

  constructor(key: string, origin: string, events: PresenceEvents) {
    this.#key = key
    this.#origin = origin
    this.#events = events
  }

  get others(): ReadonlyMap<string, string> {
    return this.#others
  }

  present(users: string): void {
    this.#users = users
  }

  /** The broker is here, again or for the first time: everybody gets the time to say that they are there. */
  async begin(link: BrokerLink): Promise<void> {
    this.#trustedFrom = performance.now() + PRESENT_MS
    await this.refresh(link)
  }

  /** Says that we are here, and sees who else is. */
  async refresh(link: BrokerLink): Promise<void> {
    if (this.#hasLeft) return
    // The key first: a name without one is a dead server.
    const name = ['SADD', `${this.#key}:servers`, this.#origin]
    const [, isNew] = await Promise.all([this.#say(link, PRESENT_MS), link.ask(...name)])
    if (isNew === 1 && (await link.ask('GETDEL', this.#goneKeyOf(this.#origin))) !== null) this.#events.onRevived()
    const members = await link.ask('SMEMBERS', `${this.#key}:servers`)
    const names = (Array.isArray(members) ? members.map(String) : []).filter(isOrigin)
    const origins = names.filter((origin) => origin !== this.#origin)
    await this.#look(link, origins)
  }

  /** The last word: our users may come back elsewhere for a while, unless there are none. */
  async leave(link: BrokerLink): Promise<void> {
    this.#hasLeft = true
    if (this.#users !== '') {
      await this.#say(link, LEFT_MS)
      return
    }
    await link.ask('SREM', `${this.#key}:servers`, this.#origin)
    await link.ask('DEL', this.#keyOf(this.#origin))
  }

  async #look(link: BrokerLink, origins: readonly string[]): Promise<void> {
    for (const origin of this.#others.keys()) if (!origins.includes(origin)) this.#others.delete(origin)
    if (origins.length === 0) return
    const found = await link.ask('MGET', ...origins.map((origin) => this.#keyOf(origin)))
    const values = Array.isArray(found) ? found : []
    for (const [at, origin] of origins.entries()) {
      const value = values[at]
      if (Buffer.isBuffer(value)) this.#others.set(origin, String(value))
      else if (performance.now() >= this.#trustedFrom) await this.#bury(link, origin)
    }
  }

  async #bury(link: BrokerLink, origin: string): Promise<void> {
    const users = this.#others.get(origin)
    this.#others.delete(origin)
    await link.ask('SET', this.#goneKeyOf(origin), '', 'PX', String(GONE_MS))
    const isOurs = (await link.ask('SREM', `${this.#key}:servers`, origin)) === 1
    if (isOurs && users !== undefined && users !== '') this.#events.onGone(users, origin)
  }

  #say(link: BrokerLink, ms: number): Promise<unknown> {
    return link.ask('SET', this.#keyOf(this.#origin), this.#users, 'PX', String(ms))
  }

  #goneKeyOf(origin: string): string {
    return `${this.#key}:gone:${origin}`
  }

  #keyOf(origin: string): string {
    return `${this.#key}:server:${origin}`
  }
}
