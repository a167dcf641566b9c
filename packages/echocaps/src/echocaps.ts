/*
 * Step 3: the echo, in capitals. Read `echocaps` first; it is the echo with one word more. What that word has to do
 * stands in capitals.ts: a chunk may end in the middle of a letter.
 *
 * What this leaves out: a thread for each client (threads), lines (minichat).
 */
import { type Connection, type Listener, NetError } from '@fund/net-core'
import { Capitals } from './capitals.ts'

export { Capitals }

/**
 * Sends back what the peer sends, in capitals, until the peer has sent its last byte.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core'
 * import { echocapsOnce } from '@fund/echocaps'
 *
 * await using listener = await listen({ port: 0 })
 * const serving = echocapsOnce(listener)
 * const client = await connect(listener.address)
 * await client.sendAll('ação\n')
 * console.log(String(await client.recv())) // AÇÃO
 * await client.close()
 * await serving
 * ```
 */
export async function echocaps(connection: Connection): Promise<void> {
  const capitals = new Capitals()
  while (true) {
    const message = await connection.recv(4096)
    if (message === null) break
    await connection.sendAll(capitals.of(message))
  }
  await connection.sendAll(capitals.rest()) // the peer ended in the middle of a letter: its bytes go back as they came
}

/** One client, then the end. */
export async function echocapsOnce(listener: Listener): Promise<void> {
  await using connection = await listener.accept()
  await echocaps(connection)
}

/** The next client waits until this one has left. */
export async function echocapsInTurn(listener: Listener): Promise<void> {
  for await (const connection of listener) await serve(connection)
}

/** Nobody waits. */
export async function echocapsAtOnce(listener: Listener): Promise<void> {
  for await (const connection of listener) void serve(connection)
}

/** A client that breaks off ends its own connection, not the server. */
async function serve(connection: Connection): Promise<void> {
  try {
    await using open = connection
    await echocaps(open)
  } catch (error) {
    if (!(error instanceof NetError)) throw error
  }
}
