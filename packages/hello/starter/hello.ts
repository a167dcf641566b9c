// One client, one greeting, the end:
//
//     node hello.ts 9091          and in another terminal: nc localhost 9091
import { socket } from '@fund/net-core'

const port = Number(process.argv[2] ?? 9090)

const listener = socket()
await listener.bind({ host: '127.0.0.1', port })
await listener.listen()
console.log(`Waiting for a connection on 127.0.0.1:${listener.address.port}`)

const connection = await listener.accept()
console.log(`Connection from ${connection.peer.host}:${connection.peer.port}`)
await connection.sendAll('Hello, World!\n')

await connection.close()
await listener.close()
