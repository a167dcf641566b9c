/** tiny-http with a handler that gives a text. */
import { Response, serve } from '../../../packages/tiny-http/src/server.ts'

const server = await serve(() => new Response('Hello, World!'), {
  port: Number(process.argv[2] ?? 0),
  limits: { idleMs: 600_000, connections: 20_000 }, // the idle ones are to be weighed, not closed
})
console.log(`Waiting for connections on 127.0.0.1:${server.address.port}`)
