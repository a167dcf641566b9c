import { setTimeout as pause } from 'node:timers/promises'
import { type Connection, type Listener, NetError } from '@fund/net-core'
import { type Language, say } from '@fund/net-core/program'
import { messages } from '../messages.ts'
import type { Bus } from './bus.ts'
import { nameAgain, nameGuest, obey } from './commands.ts'
import { EmbeddedBus } from './embedded-bus.ts'
import { FloodGate } from './flood-gate.ts'
import { NOTICE } from './history.ts'
import { classroom, type Limits } from './limits.ts'
import { type CutLines, LineCutter } from './line-cutter.ts'
import { type Leaving, Member } from './member.ts'
import { Room } from './room.ts'

/** How much is read at a time. */
const READ_BYTES = 64 * 1024
/** With names, who comes may begin with the line that says where it left; after this it is given the history. */
const FIRST_WORDS_MS = 300

/** How a room is served. All of it can be left out. */
export interface ServeOptions {
  readonly limits?: Limits
  readonly language?: Language
  /** Nicks, and a history for who comes. */
  readonly hasNames?: boolean
  /** What connects this room to its other servers; by default there are none. */
  readonly bus?: Bus | undefined
  /** Ends the room in order when it fires. */
  readonly signal?: AbortSignal | undefined
  /** Is given the room, once it is open. */
  readonly onOpen?: (room: Room) => void
}

/** Serves a room until the listener closes: a task for each client. */
export async function serveRoom(listener: Listener, options: ServeOptions = {}): Promise<void> {
  const { limits = classroom, language = 'en', hasNames = false, signal } = options
  const bus = options.bus ?? new EmbeddedBus()
  // A bus in this process ends with it, so there is nothing to come back to.
  const secret = hasNames && options.bus ? await options.bus.secret() : undefined
  const room = new Room({ bus, limits, language, hasNames, secret })
  await room.open()
  options.onOpen?.(room)
  let closing: Promise<void> | undefined
  const close = (): void => {
    closing ??= room.close()
  }
  signal?.addEventListener('abort', close, { once: true })
  const door = new Door(limits.perAddress)
  try {
    await listener.serve(async (connection) => {
      if (!door.letIn(connection)) {
        room.metrics.refused.address += 1
        const sentence = say(messages.tooMany, language, { count: limits.perAddress })
        connection.trySend(`${NOTICE}${sentence}\n`)
        return
      }
      try {
        await serveMember(connection, room)
      } finally {
        door.letOut(connection)
      }
    })
  } finally {
    signal?.removeEventListener('abort', close)
    close()
    await closing
  }
}

/** One client's whole life in the room. `serve` closes the connection when this ends. */
async function serveMember(connection: Connection, room: Room): Promise<void> {
  const member = new Member(connection)
  const lines = new LineCutter(room.limits.lineBytes)
  let waiting: CutLines = []
  if (room.hasNames) {
    const first = await firstWords(connection)
    if (first === 'gone') return
    if (first) waiting = lines.cut(first)
    waiting = await introduce(member, room, waiting)
  } else room.enter(member)
  let leaving: Leaving
  try {
    leaving = await converse(member, room, lines, waiting)
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    leaving = member.cut ?? 'lost'
  }
  await room.leave(member, member.cut ?? leaving)
}

/** What somebody says at once, if anything. */
async function firstWords(connection: Connection): Promise<Uint8Array | undefined | 'gone'> {
  try {
    return (await connection.recv(READ_BYTES, { timeout: FIRST_WORDS_MS })) ?? 'gone'
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    return error.code === 'ETIMEDOUT' ? undefined : 'gone'
  }
}

/** Gives who comes a name, and lets it in; gives the lines that were not the token. */
async function introduce(member: Member, room: Room, lines: CutLines): Promise<CutLines> {
  nameGuest(room, member)
  const typed = /^:back (\S{1,512})$/.exec(lines[0] ?? '')?.[1]
  const left = typed === undefined ? undefined : room.readToken(typed)
  if (typed !== undefined && !left) {
    room.metrics.refused.token += 1
    room.tell(member, messages.badToken)
  }
  if (left) {
    const isKept = nameAgain(room, member, left.nick)
    await room.enterAgain(member, left.place, { isNews: !isKept })
  } else room.enter(member)
  room.tell(member, messages.welcome, { name: member.name })
  return typed === undefined ? lines : lines.slice(1)
}

/** Hears what a member says, until it leaves. */
async function converse(member: Member, room: Room, lines: LineCutter, waiting: CutLines): Promise<Leaving> {
  const { connection } = member
  const { limits } = room
  const gate = limits.flood && new FloodGate(limits.flood, performance.now())
  let said = waiting
  while (true) {
    const leaving = await hear(member, room, said, gate)
    if (leaving) return leaving
    if (lines.isEndless) {
      room.cut(member, 'endless', room.text(messages.endless))
      return 'endless'
    }
    const chunk = await connection.recv(READ_BYTES)
    if (chunk === null) return (await hear(member, room, lines.end(), gate)) ?? 'eof'
    said = lines.cut(chunk)
  }
}

/** Passes lines on; gives how the member leaves, if one of them says so. While a line waits, nothing more is read. */
async function hear(
  member: Member,
  room: Room,
  lines: CutLines,
  gate: FloodGate | undefined,
): Promise<Leaving | undefined> {
  for (const line of lines) {
    if (line === ':bye' || room.isClosing) return 'bye'
    const now = performance.now()
    const wait = gate?.pass(now) ?? 0
    if (gate && wait > 0) {
      await holdBack(member, room, gate.heldFor(now), wait)
      if (member.cut) return member.cut
    }
    if (room.bus.isFull) {
      room.tell(member, messages.held)
      await room.bus.drained()
    }
    if (line === null) {
      room.metrics.linesRefused += 1
      room.tell(member, messages.tooLong, { bytes: room.limits.lineBytes })
    } else if (room.hasNames) {
      const obeyed = obey(room, member, line)
      if (obeyed) await obeyed
    } else room.say(member, line)
  }
  return undefined
}

async function holdBack(member: Member, room: Room, heldFor: number, wait: number): Promise<void> {
  room.metrics.linesHeldBack += 1
  if (heldFor > room.limits.floodPatienceMs) {
    room.cut(member, 'flood', room.text(messages.flood))
    return
  }
  if (heldFor === 0) room.tell(member, messages.slowDown, { rate: room.limits.flood?.perSecond ?? 0 })
  await pause(wait)
}

/** Counts connections by address. This machine's own are not counted: a proxy, or everybody in a classroom's terminal. */
class Door {
  readonly #most: number
  readonly #counts = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  letIn({ peer: { host } }: Connection): boolean {
    if (this.#most === Number.POSITIVE_INFINITY || isLoopback(host)) return true
    const count = this.#counts.get(host) ?? 0
    if (count >= this.#most) return false
    this.#counts.set(host, count + 1)
    return true
  }

  letOut({ peer: { host } }: Connection): void {
    const count = this.#counts.get(host)
    if (count === undefined) return
    if (count === 1) this.#counts.delete(host)
    else this.#counts.set(host, count - 1)
  }
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.replace(/^::ffff:/, '').startsWith('127.')
}
