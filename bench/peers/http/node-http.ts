/** The best of node:http: flat fields in one writeHead, the length known, one end. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((_, response) => {
  response.writeHead(200, ['Content-Type', 'text/plain;charset=UTF-8', 'Content-Length', '13'])
  response.end('Hello, World!')
})
server.keepAliveTimeout = 600_000 // the idle ones are to be weighed, not closed
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`Waiting for connections on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
