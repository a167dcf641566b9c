/*
 * A room that writes each line to each client as it comes: what ours would be without its one write a turn. The same sockets,
 * the same reading, the same lines.
 */
import { type Connection, listen } from '../../../packages/net-core/src/index.ts'

const listener = await listen({ port: Number(process.argv[2] ?? 0) })
console.log(`Waiting for connections on 127.0.0.1:${listener.address.port}`)
const members = new Set<Connection>()
await listener.serve(async (connection) => {
  members.add(connection)
  try {
    for await (const line of connection.lines()) {
      const message = Buffer.from(`${line}\n`)
      for (const member of members) {
        if (member.trySend(message, { limit: 256 * 1024 }) === 'over') member.abort()
      }
    }
  } finally {
    members.delete(connection)
  }
})
