/**
 * The yardstick: the shortest honest echo on bare `node:net`. Everything else is told as a ratio to it.
 * What it leaves out is part of why it is fast: it ignores what `write` answers, so a peer that never reads makes it grow.
 */
import { type AddressInfo, createServer } from 'node:net'

const server = createServer((socket) => {
  socket.on('data', (chunk) => socket.write(chunk))
  socket.on('error', () => socket.destroy())
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`Waiting for connections on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
