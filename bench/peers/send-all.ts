/** Sends to whoever connects, for ever, and waits for `sendAll` each time: what a peer that never reads must not blow up. */
import { listen } from '../../packages/net-core/src/index.ts'

const piece = new Uint8Array(65_536)
const listener = await listen({ port: Number(process.argv[2] ?? 0) })
console.log(`Waiting for connections on ${listener.address.host}:${listener.address.port}`)
for await (const connection of listener) void send(connection)

async function send(connection: Awaited<ReturnType<typeof listener.accept>>): Promise<void> {
  try {
    while (true) await connection.sendAll(piece)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
  }
}
