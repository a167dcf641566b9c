/*
 * Step 2: a server that sends back what it receives. Read `echo` first, then the three ways to serve below it.
 *
 * What this leaves out: looking at the bytes (echocaps), a thread for each client (threads), peers that talk to each
 * other (minichat).
 */
import { type Connection, type Listener, NetError } from '@fund/net-core'

/**
 * Sends back what the peer sends, until the peer has sent its last byte.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core'
 * import { echoOnce } from '@fund/echo'
 *
 * await using listener = await listen({ port: 0 })
 * const serving = echoOnce(listener)
 * const client = await connect(listener.address)
 * await client.sendAll('oi\n')
 * console.log(String(await client.recv())) // oi
 * await client.close()
 * await serving
 * ```
 */
export async function echo(connection: Connection, size = 4096): Promise<void> {
  while (true) {
    const message = await connection.recv(size) // waits here for 1 to `size` bytes
    if (message === null) break // EOF; an empty line would be "\n", one byte
    await connection.sendAll(message)
  }
}

/** One client, then the end. */
export async function echoOnce(listener: Listener, size?: number): Promise<void> {
  await using connection = await listener.accept() // waits here until somebody connects
  await echo(connection, size)
}

/** The next client waits until this one has left. */
export async function echoInTurn(listener: Listener, size?: number): Promise<void> {
  for await (const connection of listener) await serve(connection, size)
}

/** Nobody waits. What is different? One word. */
export async function echoAtOnce(listener: Listener, size?: number): Promise<void> {
  for await (const connection of listener) void serve(connection, size)
}

/** A client that breaks off ends its own connection, not the server. */
async function serve(connection: Connection, size?: number): Promise<void> {
  try {
    await using open = connection
    await echo(open, size)
  } catch (error) {
    if (!(error instanceof NetError)) throw error
  }
}
