/**
 * An echo on net-core's callback tap, for the hot path: no promise per message. A full queue pauses the tap, so a peer
 * that never reads is not read from either.
 */
import { listen } from '../../../packages/net-core/src/index.ts'

const listener = await listen({ port: Number(process.argv[2] ?? 0) })
console.log(`Waiting for connections on ${listener.address.host}:${listener.address.port}`)
for await (const connection of listener) {
  const tap = connection.onChunk((chunk) => {
    if (chunk === null) {
      void connection.close()
      return
    }
    if (connection.trySend(chunk) !== 'over') return
    tap.pause()
    connection.sendAll(chunk).then(
      () => tap.resume(),
      () => connection.abort(),
    )
  })
}
