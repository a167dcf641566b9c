/*
 * Step 5: a room. What one client says, every client hears. A thread for each client, and a list that all threads share.
 * Read `minichat` first, which is the main thread's, then `member`, a client's whole life, then `tell`.
 *
 * What this leaves out: one order for all (two who speak at once may be heard in two orders), names, a limit for clients that
 * never stop talking, more than some dozens of clients, rooms on several machines. All of that is in src/server, where a
 * client is a task and not a thread.
 */
import { Connection, formatAddress, type Listener, NetError } from '@fund/net-core/blocking'
import type { Language } from '@fund/net-core/program'
import { SharedList, sleep, Thread, ThreadError } from '@fund/threading'
import { relayed } from './clean.ts'
import { type MessageId, messages } from './messages.ts'

/** The longest line, in bytes. Who sends a longer one is told so, and leaves. */
const LINE_BYTES = 64 * 1024
/** How long a client may take nothing of what is said before it is cut off, in turns of 20 ms. */
const PATIENCE = 10

/** How a room is held. */
export interface MinichatOptions {
  /** How many clients may have a thread, if the system has as many: 32 when not said. */
  readonly threads?: number | undefined
  /** What the room itself speaks. */
  readonly language?: Language | undefined
}

/**
 * Holds a room until the listener closes: accepts, and starts a thread for each client.
 *
 * @example
 * ```ts
 * import { minichat } from '@fund/minichat'
 * import { connect, Listener, listen } from '@fund/net-core/blocking'
 * import { isMain, Thread } from '@fund/threading'
 *
 * export function hold(handle: number) {
 *   minichat(Listener.from(handle))
 * }
 *
 * if (isMain(import.meta.url)) {
 *   const listener = listen({ port: 0 })
 *   new Thread(hold, listener.handle).start()
 *   const ana = connect(listener.address)
 *   ana.sendAll('oi\n')
 *   console.log(String(ana.recv())) // oi: who speaks gets a copy too
 *   ana.close()
 *   listener.shutdown()
 * }
 * ```
 */
export function minichat(listener: Listener, { threads = 32, language = 'en' }: MinichatOptions = {}): void {
  const connections = new SharedList()
  let members: Thread<Parameters<typeof member>>[] = []
  for (const connection of listener) {
    members = members.filter((each) => each.isAlive)
    try {
      if (members.length >= threads) refuse(connection, members.length, language)
      else members.push(new Thread(member, connection, connections, listener, language).start())
    } catch (error) {
      if (!(error instanceof ThreadError) || error.code !== 'EAGAIN') throw error
      refuse(connection, members.length, language) // the system has no thread left
    }
  }
}

/** Tells a client that there is no thread for it, and lets it go. */
function refuse(connection: Connection, count: number, language: Language): void {
  connection.trySend(`* ${messages.noThread[language].replace('{count}', `${count}`)}\n`)
  connection.close({ deadline: 100 })
}

/** One client, in a thread of its own: from its first line to its last. */
export function member(connection: Connection, connections: SharedList, listener: Listener, language: Language): void {
  connections.add(connection.handle)
  let leaving: MessageId = 'left.eof'
  try {
    for (const line of connection.lines({ maxBytes: LINE_BYTES })) {
      if (line === ':bye') {
        leaving = 'left.bye'
        break
      }
      tell(connections, relayed(line))
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    // Who breaks off, or is cut off by another thread, has left as well.
    leaving = error.code === 'EBADF' ? 'left.slow' : error.code === 'EMSGSIZE' ? 'left.endless' : 'left.lost'
    if (error.code === 'EMSGSIZE') {
      connection.trySend(`* ${messages.tooLong[language].replace('{bytes}', `${LINE_BYTES}`)}\n`)
    }
  } finally {
    connections.remove(connection.handle) // before the others are told: nobody writes to who is gone
    const news = messages[leaving][language].replace('{name}', formatAddress(connection.peer))
    // When the server stops everybody leaves, and that is no news to anybody.
    if (!listener.isClosed) tell(connections, `* ${news}`)
    connection.close()
  }
}

/** Says a line to everybody. It goes through a copy of the list, so nobody holds a lock while sending. */
function tell(connections: SharedList, line: string): void {
  const message = Buffer.from(`${line}\n`)
  for (const handle of connections.snapshot()) give(handle, message)
}

/** Gives one client its copy. Never waits for long: who does not read would keep everybody waiting, so it is cut off. */
function give(handle: number, message: Buffer): void {
  try {
    const connection = Connection.from(handle)
    for (let tries = 0; connection.trySend(message) === 'over'; tries += 1) {
      if (tries === PATIENCE) connection.abort()
      else sleep(20)
    }
  } catch (error) {
    if (!(error instanceof NetError) || error.code !== 'EBADF') throw error // it has left since the copy was made
  }
}
