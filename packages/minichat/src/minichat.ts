/*
 * Step 5: a room. What one client says, every client hears. Read `minichat` first, then `member`, a task for each client,
 * and `tell` with `giveOut`, which nobody can hold up.
 *
 * What this leaves out: a thread for each client, names, who said what, a limit for clients that never stop talking
 * (src/server), rooms on several machines.
 */
import { type Connection, formatAddress, type Listener, NetError } from '@fund/net-core'
import type { Language } from '@fund/net-core/program'
import { messages } from './messages.ts'

/** The longest line, in bytes. Who sends a longer one is told so, and leaves. */
const LINE_BYTES = 64 * 1024
/** How much may wait here for a client that does not read, beside what the system holds for it. Then it is cut off. */
const QUEUE_BYTES = 256 * 1024

/**
 * Serves a room until the listener closes. `language` is what the room itself speaks.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core'
 * import { minichat } from '@fund/minichat'
 *
 * await using listener = await listen({ port: 0 })
 * void minichat(listener)
 *
 * await using ana = await connect(listener.address)
 * await ana.sendAll('oi\n')
 * console.log(String(await ana.recv())) // oi: who speaks gets a copy too
 * ```
 */
export async function minichat(listener: Listener, language: Language = 'en'): Promise<void> {
  const room: Room = { listener, language, members: new Set(), said: '' }
  await listener.serve((connection) => member(connection, room))
}

interface Room {
  readonly listener: Listener
  readonly language: Language
  readonly members: Set<Connection>
  /** What was said in this turn of the event loop: lines that the members have not been given yet. */
  said: string
}

/** One client, from its first line to its last. `serve` closes the connection when this ends. */
async function member(connection: Connection, room: Room): Promise<void> {
  giveOut(room) // what was said before is not for the one who comes
  room.members.add(connection)
  try {
    for await (const line of connection.lines({ maxBytes: LINE_BYTES })) {
      if (line === ':bye') break
      tell(room, clean(line))
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error // who breaks off, or is cut off, has left like anybody else
    if (error.code !== 'EMSGSIZE') return
    giveOut(room) // its earlier lines first
    connection.trySend(`${messages.tooLong[room.language]}\n`)
  } finally {
    giveOut(room) // but still for the one who leaves
    room.members.delete(connection)
    // When the server stops everybody leaves, and that is no news to anybody.
    if (!room.listener.isClosed) tell(room, `* ${formatAddress(connection.peer)} ${messages.left[room.language]}`)
  }
}

/** Says a line to everybody. All that is said in one turn leaves in one piece: a flood of lines is no flood of calls. */
function tell(room: Room, line: string): void {
  if (room.said === '') setImmediate(() => giveOut(room))
  room.said += `${line}\n`
}

/** Gives every member its copy. Never waits: who does not read would keep everybody waiting, so it is cut off. */
function giveOut(room: Room): void {
  if (room.said === '') return
  const message = Buffer.from(room.said)
  room.said = ''
  for (const connection of room.members) {
    if (connection.trySend(message, { limit: QUEUE_BYTES }) === 'over') connection.abort()
  }
}

/**
 * Text that a terminal shows and does not obey: whatever moves the cursor, rings, or turns the reading direction becomes
 * U+FFFD. The tab stays.
 */
function clean(line: string): string {
  return line.replace(/(?!\t)[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
