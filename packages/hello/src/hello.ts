/*
 * Step 1: the whole life of a server, one call after the other. Read it from top to bottom; then hello2.ts, where the
 * closing is written once, at the opening.
 *
 * What this leaves out: receiving (echo), a second client (echo), failing (hello2.ts still closes).
 */
import { type Address, socket } from '@fund/net-core'

/**
 * Greets the first peer that connects, and ends. Gives that peer's address.
 *
 * @example
 * ```ts
 * import { connect } from '@fund/net-core'
 * import { subscribe } from '@fund/net-core/events'
 * import { hello } from '@fund/hello'
 *
 * subscribe(async ({ op, local }) => {
 *   if (op !== 'listen') return
 *   await using client = await connect({ port: Number(local?.split(':')[1]) })
 *   console.log(String(await client.recv())) // Hello, World!
 * })
 * console.log(await hello({ host: '127.0.0.1', port: 0 })) // { host: '127.0.0.1', port: 54321 }
 * ```
 */
export async function hello({ host, port }: Address): Promise<Address> {
  const listener = socket()
  await listener.bind({ host, port }) // node:net pretends here: the system listens from this call on, not from the next
  await listener.listen() // and it lets peers in from now on, before anybody calls accept
  const connection = await listener.accept() // waits here until somebody connects
  const peer = connection.peer // who called: its address, and a port its system chose for this connection

  await connection.sendAll('Hello, World!\n') // on the connection: the listener never carries a byte

  await connection.close() // two sockets were opened, so two are closed
  await listener.close()
  return peer
}
