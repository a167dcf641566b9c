/*
 * Step 4, the bridge to the chat: the echo server, with a thread for each client. Lay it beside echo.ts of step 2: in
 * `echo` only `await` has gone, since here `recv` stops the thread itself. Read `echo` first, then `echoThreads`.
 *
 * What this leaves out: clients that hear each other, and what their threads then share (minichat).
 */
import { type Connection, type Listener, NetError } from '@fund/net-core/blocking'
import { Thread, ThreadError } from '@fund/threading'

/** Sends back what the peer sends, until the peer has sent its last byte. */
export function echo(connection: Connection, size = 4096): void {
  while (true) {
    const message = connection.recv(size) // this thread stops here for 1 to `size` bytes, and no other
    if (message === null) break // EOF; an empty line would be "\n", one byte
    connection.sendAll(message)
  }
}

/**
 * A thread for each client, until the listener closes. Who comes when `limit` threads are busy, or when the system has none
 * left, is told so, and has to leave.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core/blocking'
 * import { Thread } from '@fund/threading'
 * import { echoThreads } from '@fund/threads/echo-threads'
 *
 * const listener = listen({ port: 0 })
 * new Thread(echoThreads, listener, 100, 'There is no room for you.\n').start()
 * const client = connect(listener.address)
 * client.sendAll('oi\n')
 * console.log(String(client.recv())) // oi
 * client.close()
 * listener.close() // wakes the accept of the other thread, whose loop ends
 * ```
 */
export function echoThreads(listener: Listener, limit: number, refusal: string): void {
  let threads: Thread[] = []
  for (const connection of listener) {
    threads = threads.filter((thread) => thread.isAlive)
    try {
      if (threads.length < limit) threads.push(new Thread(serve, connection).start())
      else refuse(connection, refusal)
    } catch (error) {
      if (!(error instanceof ThreadError) || error.code !== 'EAGAIN') throw error
      refuse(connection, refusal) // the system has no thread left, and the others are to be served on
    }
  }
  for (const thread of threads) thread.join() // who is still served may finish
}

/** A client that breaks off ends its own thread, not the server. */
export function serve(connection: Connection): void {
  try {
    using open = connection
    echo(open)
  } catch (error) {
    if (!(error instanceof NetError)) throw error
  }
}

function refuse(connection: Connection, refusal: string): void {
  connection.trySend(refusal)
  connection.close({ deadline: 100 }) // this thread has others to let in
}
