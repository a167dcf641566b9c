import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { NetError } from '@fund/net-core'
import { type Language, UsageError } from '@fund/net-core/program'
import { messages } from '../messages.ts'
import type { Bus, BusListener, BusState, Frame, Missed, Said } from './bus.ts'
import { BrokerLink, BrokerRefusal } from './redis/broker-link.ts'
import { withDeadline } from './redis/deadline.ts'
import { BEGINNING, Follower, withoutRepeats } from './redis/follower.ts'
import { Outbox } from './redis/outbox.ts'
import { Presence, REFRESH_MS } from './redis/presence.ts'
import { reconnectDelay } from './redis/reconnect-delay.ts'
import { loadRedisClient, type RedisClient } from './redis/redis-client.ts'
import { Sender } from './redis/sender.ts'
import { compareIds, type Entry, isId } from './redis/stream-entry.ts'
import { lookBack } from './redis/stream-memory.ts'

/** How far before a place `since` looks for the first of two that were sent twice. */
const REPEAT_ENTRIES = 256
/** How long `since` waits for this server to reach a place that another has reached. */
const REACH_MS = 5_000

/** How a room is shared. */
export interface RedisBusOptions {
  /** What the room is called at the broker; servers with the same name share it. */
  readonly room?: string | undefined
  /** For what is said when it cannot be shared. */
  readonly language?: Language | undefined
}

/**
 * Opens a bus over a broker that speaks Redis Streams. The room is an append-only log there, and every server reads it from
 * where it was: whatever happens to a connection, lines are neither lost nor doubled, and in one order for all.
 *
 * While the broker is away, what is said here is held (1 MiB or 1000 frames, then `isFull`), and `state` is `split`. It
 * comes back by itself.
 *
 * @param url `redis://[user:password@]host:port[/database]`
 * @throws {UsageError} when the url is none, `@redis/client` is not installed, or the broker will not have us.
 * @throws {NetError} when the broker cannot be reached.
 */
export async function openRedisBus(
  url: string,
  { room = 'minichat', language = 'en' }: RedisBusOptions = {},
): Promise<Bus> {
  const address = brokerAddress(url, language)
  const redis = await loadRedisClient(language)
  try {
    return await RedisBus.open(redis, url, `fund:${room}`)
  } catch (error) {
    if (error instanceof BrokerRefusal) {
      const sentence = messages.brokerRefuses[language].replace('{reason}', () => error.message)
      throw new UsageError(sentence, language)
    }
    throw new NetError({ code: codeOf(error), action: 'connect', address, cause: error })
  }
}

class RedisBus implements Bus {
  readonly origin: string = randomBytes(8).toString('hex')
  readonly #redis: RedisClient
  readonly #url: string
  readonly #key: string
  readonly #secret: Buffer
  readonly #outbox = new Outbox()
  readonly #presence: Presence
  readonly #follower: Follower
  readonly #closed = new AbortController()
  /** What was given while somebody asks what was missed. */
  readonly #collectors = new Set<Frame[]>()
  #state: BusState = 'whole'
  #place: string
  #listener: BusListener | undefined
  #link: BrokerLink | undefined
  #sender: Sender | undefined
  /** Who waits for frames. */
  #wakings: (() => void)[] = []
  /** How much of what was published has come back. */
  #returned = 0
  #reconnects = 0
  #lost = 0

  static async open(redis: RedisClient, url: string, key: string): Promise<RedisBus> {
    const link = await BrokerLink.open(redis, url)
    try {
      const { last } = await lookBack(link, key, { entries: 1 })
      const ours = randomBytes(32)
      const theirs = await link.ask('SET', `${key}:secret`, ours, 'NX', 'GET')
      const bus = new RedisBus(redis, url, key, link, last ?? BEGINNING, Buffer.isBuffer(theirs) ? theirs : ours)
      await bus.#presence.begin(link)
      return bus
    } catch (error) {
      link.close()
      throw error
    }
  }

  private constructor(redis: RedisClient, url: string, key: string, link: BrokerLink, place: string, secret: Buffer) {
    this.#redis = redis
    this.#url = url
    this.#key = key
    this.#secret = secret
    this.#place = place
    this.#link = link
    this.#presence = new Presence(key, this.origin, {
      onGone: (users, origin) => this.#listener?.onGone?.(users, origin),
      onRevived: () => this.#listener?.onRevived?.(),
    })
    this.#follower = new Follower(key, this.origin, place, {
      onEntry: (entry) => this.#give(entry),
      onLost: (lines) => {
        this.#lost += lines
        this.#listener?.onLost?.(lines)
      },
      onForgotten: (n, knownAt) => {
        this.#outbox.recover(n, knownAt)
        this.#sender?.wake()
      },
    })
  }

  get state(): BusState {
    return this.#state
  }

  get place(): string {
    return this.#place
  }

  get isFull(): boolean {
    return this.#outbox.isFull
  }

  get others(): ReadonlyMap<string, string> {
    return this.#presence.others
  }

  get counters(): Readonly<Record<string, number>> {
    return {
      bus_held_bytes: this.#outbox.bytes,
      bus_held_lines: this.#outbox.lines,
      bus_lost_lines_total: this.#lost,
      bus_refused_entries_total: this.#follower.refused,
      bus_repeated_entries_total: this.#follower.repeated,
      bus_reconnects_total: this.#reconnects,
    }
  }

  publish(said: Said): void {
    if (this.#closed.signal.aborted) return
    this.#outbox.add(said)
    this.#sender?.wake()
  }

  async settled(): Promise<void> {
    const { added } = this.#outbox
    await this.#reach(() => this.#returned >= added)
  }

  drained(): Promise<void> {
    return this.#outbox.drained()
  }

  async history(lines: number): Promise<readonly Frame[]> {
    const { entries, last } = await lookBack(this.#linkUp(), this.#key, { lines })
    if (!this.#listener && last !== undefined) {
      this.#place = last
      this.#follower.skip(entries, last)
    }
    return withoutRepeats(entries)
  }

  follow(listener: BusListener): void {
    if (this.#listener) throw new TypeError('Cannot follow twice: this bus has a listener')
    this.#listener = listener
    void this.#live()
  }

  async since(id: string, give: (missed: Missed) => void): Promise<void> {
    if (!isId(id)) {
      give({ frames: [], isWhole: false })
      return
    }
    const collected: Frame[] = []
    try {
      const earlier = await lookBack(this.#linkUp(), this.#key, { end: id, entries: REPEAT_ENTRIES })
      const isKnown = earlier.last === id || id === BEGINNING
      // A client may have heard it elsewhere before this server has.
      if (isKnown) await this.#reach(() => compareIds(this.#place, id) >= 0, REACH_MS)
      this.#collectors.add(collected)
      const missed = await lookBack(this.#linkUp(), this.#key, { end: this.#place, behind: id })
      const frames = [...withoutRepeats([...earlier.entries, ...missed.entries]), ...collected]
      const isNews = (frame: Frame): boolean => compareIds(id, frame.id) < 0
      const isThere = isKnown && compareIds(id, this.#place) <= 0
      give({ frames: frames.filter(isNews), isWhole: isThere && missed.isWhole })
    } catch (error) {
      if (!(error instanceof BrokerRefusal) && !this.#link?.isDown) throw error
      throw new NetError({ code: 'ECONNRESET', action: 'recv', cause: error })
    } finally {
      this.#collectors.delete(collected)
    }
  }

  present(users: string): void {
    this.#presence.present(users)
    if (this.#sender && this.#link) void this.#refresh(this.#link)
  }

  async secret(): Promise<Buffer> {
    return this.#secret
  }

  async close({ deadline = 5_000 }: { readonly deadline?: number | undefined } = {}): Promise<number> {
    await this.#finish(deadline).catch((error: NodeJS.ErrnoException) => {
      if (!(error instanceof BrokerRefusal) && error.code !== 'ETIMEDOUT' && !this.#link?.isDown) throw error
    })
    this.#closed.abort()
    this.#outbox.giveUp()
    this.#wake()
    this.#link?.close()
    return this.#outbox.lines
  }

  /** Hands over what is held, gives it out here, and says goodbye. */
  async #finish(deadline: number): Promise<void> {
    const end = performance.now() + deadline
    const inTime = <T>(promise: Promise<T>): Promise<T> =>
      withDeadline(promise, Math.max(0, end - performance.now()), () =>
        Object.assign(new Error('not in time'), { code: 'ETIMEDOUT' }),
      )
    await inTime(this.#outbox.emptied())
    await inTime(this.settled())
    if (this.#link && !this.#link.isDown) await inTime(this.#presence.leave(this.#link))
  }

  /** One link after the other, until the bus is closed. */
  async #live(): Promise<void> {
    let link = this.#link
    for (let attempt = 0; !this.#closed.signal.aborted; attempt += 1) {
      try {
        link ??= await BrokerLink.open(this.#redis, this.#url)
        this.#link = link
        await this.#catchUp(link)
        attempt = -1
        await this.#serve(link)
      } catch (error) {
        if (link && !link.isDown && !(error instanceof BrokerRefusal)) throw error
      }
      link?.close()
      link = undefined
      this.#sender = undefined
      if (this.#closed.signal.aborted) return
      this.#setState('split')
      this.#reconnects += 1
      await pause(reconnectDelay(Math.max(0, attempt)), undefined, { signal: this.#closed.signal }).catch(ignoreAbort)
    }
  }

  /** What came while we were away, and which of ours came through: then it is known what is still to be sent. */
  async #catchUp(link: BrokerLink): Promise<void> {
    await this.#shareSecret(link)
    await this.#presence.begin(link)
    await this.#follower.catchUp(link)
  }

  /** A broker that lost its memory lost this too, and a server that comes later would make one of its own. */
  async #shareSecret(link: BrokerLink): Promise<void> {
    await link.ask('SET', `${this.#key}:secret`, this.#secret, 'NX')
  }

  async #serve(link: BrokerLink): Promise<void> {
    const sender = new Sender(link, {
      key: this.#key,
      origin: this.origin,
      outbox: this.#outbox,
      onOutcome: (isSent) => this.#setState(isSent ? 'whole' : 'split'),
    })
    this.#sender = sender
    if (this.#outbox.isEmpty) this.#setState('whole')
    sender.wake()
    const refreshing = setInterval(() => this.#refresh(link), REFRESH_MS)
    try {
      await this.#follower.follow(link)
    } finally {
      clearInterval(refreshing)
    }
  }

  async #refresh(link: BrokerLink): Promise<void> {
    try {
      await this.#presence.refresh(link)
      await this.#shareSecret(link)
    } catch (error) {
      if (!(error instanceof BrokerRefusal) && !link.isDown) throw error // both are told where lines are sent
    }
  }

  #give({ frame, n }: Entry): void {
    if (this.#closed.signal.aborted) return
    this.#place = frame.id
    if (frame.origin === this.origin) this.#returned = Math.max(this.#returned, this.#outbox.returned(n))
    for (const collected of this.#collectors) collected.push(frame)
    this.#listener?.onFrame(frame)
    this.#wake()
  }

  #setState(state: BusState): void {
    if (this.#state === state || this.#closed.signal.aborted) return
    this.#state = state
    this.#listener?.onState?.(state)
  }

  /** Waits until the frames given here have gone so far, or the bus is closed; for `ms` at most, when they are given. */
  async #reach(isThere: () => boolean, ms?: number): Promise<void> {
    const { signal } = this.#closed
    const end = performance.now() + (ms ?? Number.POSITIVE_INFINITY)
    while (!isThere() && !signal.aborted && performance.now() < end) {
      const next = new Promise<void>((resolve) => this.#wakings.push(resolve))
      await (ms === undefined ? next : Promise.race([next, pause(ms, undefined, { ref: false })]))
    }
  }

  #wake(): void {
    for (const resolve of this.#wakings.splice(0)) resolve()
  }

  #linkUp(): BrokerLink {
    if (this.#link && !this.#link.isDown) return this.#link
    throw new NetError({ code: 'ECONNRESET', action: 'recv' })
  }
}

function brokerAddress(url: string, language: Language): { host: string; port: number } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed && /^rediss?:$/.test(parsed.protocol) && parsed.hostname !== '' && isReadable(parsed)) {
    return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port || 6379) }
  }
  throw new UsageError(
    messages.badBusUrl[language].replace('{url}', () => url),
    language,
  )
}

/** Whether its path is a database's number or nothing, and its user and password are spelled as a URL has to. */
function isReadable({ pathname, username, password }: URL): boolean {
  return /^\/?\d*$/.test(pathname) && !/%(?![\dA-Fa-f]{2})/.test(username + password)
}

function codeOf(error: unknown): string {
  const codes = [error, ...(error instanceof AggregateError ? error.errors : [])]
  return codes.map((each) => (each as NodeJS.ErrnoException).code).find((code) => code !== undefined) ?? 'ECONNRESET'
}

function ignoreAbort(error: Error): void {
  if (error.name !== 'AbortError') throw error
}
