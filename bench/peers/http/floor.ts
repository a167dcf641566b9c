/**
 * The floor: what node:net alone costs. It parses nothing: so many bytes are a request, and the answer is always the same
 * one. No server on node:net can be faster.
 */
import { type AddressInfo, createServer } from 'node:net'

const requestBytes = Number(process.argv[3])
const answer = `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: 13\r\n\r\nHello, World!`

const server = createServer({ noDelay: true }, (socket) => {
  let bytes = 0
  socket.on('data', (chunk) => {
    bytes += chunk.length
    const requests = Math.floor(bytes / requestBytes)
    bytes -= requests * requestBytes
    if (requests > 0) socket.write(requests === 1 ? answer : answer.repeat(requests), 'latin1')
  })
  socket.on('error', () => socket.destroy())
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`Waiting for connections on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
