// Sends back what one client sends, until the client has sent its last byte:
//
//     node echo.ts 9091          and in another terminal: nc -N localhost 9091
import { listen } from '@fund/net-core'

const port = Number(process.argv[2] ?? 9090)

const listener = await listen({ port })
console.log(`Waiting for a connection on 127.0.0.1:${listener.address.port}`)

const connection = await listener.accept()
console.log(`Connection from ${connection.peer.host}:${connection.peer.port}`)

while (true) {
  console.log('Waiting for a message')
  const message = await connection.recv(4096)
  if (message === null) break
  console.log(`Message: ${JSON.stringify(String(message))} (${message.length} bytes)`)
  await connection.sendAll(message)
}

await connection.close()
await listener.close()
