/*
 * Step 1 again, with the closing written once. `await using` closes at the end of the block, in the reverse order, also
 * when something in between fails: Python's `with`.
 */
import { type Address, type Connection, type Listener, listen, NetError } from '@fund/net-core'

/** Greets one peer. */
async function greet(connection: Connection): Promise<void> {
  await connection.sendAll('Hello, World!\n')
}

/** Greets the first peer that connects, and ends. */
export async function hello2({ host, port }: Address): Promise<void> {
  await using listener = await listen({ host, port }) // socket, bind and listen in one
  await using connection = await listener.accept()
  await greet(connection)
}

/** The next peer waits until this one is gone. */
export async function helloInTurn(listener: Listener): Promise<void> {
  for await (const connection of listener) await serve(connection)
}

/** Nobody waits for anybody. */
export async function helloAtOnce(listener: Listener): Promise<void> {
  for await (const connection of listener) void serve(connection)
}

/** A peer that breaks off ends its own connection, not the server. */
async function serve(connection: Connection): Promise<void> {
  try {
    await using open = connection
    await greet(open)
  } catch (error) {
    if (!(error instanceof NetError)) throw error
  }
}
