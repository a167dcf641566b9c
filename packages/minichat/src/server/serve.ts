import { setTimeout as pause } from 'node:timers/promises'
import { type Connection, formatAddress, type Listener, NetError } from '@fund/net-core'
import type { Language } from '@fund/net-core/program'
import { messages } from '../messages.ts'
import type { Bus } from './bus.ts'
import { nameAgain, nameGuest, obey } from './commands.ts'
import { EmbeddedBus } from './embedded-bus.ts'
import { FloodGate } from './flood-gate.ts'
import { classroom, type Limits } from './limits.ts'
import { type CutLines, LineCutter } from './line-cutter.ts'
import { type Leaving, Member } from './member.ts'
import { Room } from './room.ts'

/** How often who is held back looks whether the room closes. */
const LOOK_MS = 250
/** How much is read at a time. */
const READ_BYTES = 64 * 1024

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
    // Not `listener.serve`: what that keeps of each connection is a fifth of the memory of a client that says nothing.
    for await (const connection of listener) void attend(connection, room, door)
    await door.empty()
  } finally {
    signal?.removeEventListener('abort', close)
    close()
    await closing
  }
}

/** One client's whole life: the task. While it waits for the next line, this is all there is of it. */
async function attend(connection: Connection, room: Room, door: Door): Promise<void> {
  const isLetIn = door.letIn(connection)
  try {
    if (isLetIn) await converse(connection, room)
    else room.refuse(connection)
  } catch (error) {
    console.error(`The task of ${formatAddress(connection.peer)} failed:`, error) // it ends, the others do not
  }
  await connection.close()
  door.letOut(connection, isLetIn)
}

/** What somebody says at once, if anything. */
async function firstWords(connection: Connection, room: Room): Promise<Uint8Array | undefined | 'gone'> {
  try {
    const first = await connection.recv(READ_BYTES, { timeout: room.limits.firstWordsMs })
    return first ?? (room.isClosing ? undefined : 'gone') // a listener that shuts down ends the wait of who said nothing
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
  if (typed !== undefined && !left) room.refuseToken(member)
  if (left) {
    const isKept = nameAgain(room, member, left)
    await room.enterAgain(member, left.place, { isNews: !isKept })
  } else room.enter(member)
  room.tell(member, messages.welcome, { name: member.name })
  return typed === undefined ? lines : lines.slice(1)
}

/** Hears what a member says, until it leaves. */
async function converse(connection: Connection, room: Room): Promise<void> {
  const member = new Member(connection)
  const lines = new LineCutter(room.limits.lineBytes)
  const gate = room.limits.flood && new FloodGate(room.limits.flood, performance.now())
  let leaving: Leaving | undefined
  try {
    let said = await enter(member, room, lines)
    while (said !== 'gone') {
      leaving = await hear(member, room, said, gate)
      if (leaving) break
      if (lines.isEndless) room.cut(member, 'endless', room.text(messages.endless))
      const chunk = await connection.recv(READ_BYTES)
      if (chunk === null) {
        leaving = (await hear(member, room, lines.end(), gate)) ?? 'eof'
        break
      }
      said = lines.cut(chunk)
    }
    if (said === 'gone') return
  } catch (error) {
    if (!(error instanceof NetError)) {
      await room.leave(member, 'lost') // nobody stays in the room whom nobody hears
      throw error
    }
  }
  await room.leave(member, member.cut ?? leaving ?? 'lost')
}

/** Lets a member in; gives what it has said already, or `gone` when it left without having come. */
async function enter(member: Member, room: Room, lines: LineCutter): Promise<CutLines | 'gone'> {
  if (!room.hasNames) {
    room.enter(member)
    return []
  }
  const first = await firstWords(member.connection, room)
  return first === 'gone' ? 'gone' : introduce(member, room, first ? lines.cut(first) : [])
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
      if (room.bus.state === 'split') room.tell(member, messages.held)
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
  const end = performance.now() + wait
  // Somebody who would have to wait for minutes does not hold up a room that closes.
  for (let left = wait; left > 0 && !room.isClosing; left = end - performance.now())
    await pause(Math.min(left, LOOK_MS))
}

/** Counts who is there. By address too, but for this machine's own: a proxy, or everybody in a classroom's terminals. */
class Door {
  readonly #most: number
  readonly #counts = new Map<string, number>()
  #tasks = 0
  #onEmpty: (() => void) | undefined

  constructor(most: number) {
    this.#most = most
  }

  /** Whether this address may have one more. */
  letIn({ peer: { host } }: Connection): boolean {
    this.#tasks += 1
    if (this.#isFree(host)) return true
    const count = this.#counts.get(host) ?? 0
    if (count >= this.#most) return false
    this.#counts.set(host, count + 1)
    return true
  }

  /** A task has ended. */
  letOut({ peer: { host } }: Connection, wasLetIn: boolean): void {
    this.#tasks -= 1
    if (this.#tasks === 0) this.#onEmpty?.()
    if (!wasLetIn || this.#isFree(host)) return
    const count = (this.#counts.get(host) ?? 1) - 1
    if (count === 0) this.#counts.delete(host)
    else this.#counts.set(host, count)
  }

  /** Resolves when nobody is there. */
  async empty(): Promise<void> {
    if (this.#tasks > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve
      })
    }
  }

  #isFree(host: string): boolean {
    return this.#most === Number.POSITIVE_INFINITY || host === '::1' || host.replace(/^::ffff:/, '').startsWith('127.')
  }
}
