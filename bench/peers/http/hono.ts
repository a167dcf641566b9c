/** One Hono app, on the server that is said: tiny-http with its light Response or with the platform's, or @hono/node-server. */
import { serve } from '../../../packages/tiny-http/src/server.ts'
import type { HonoPackages } from '../../http/packages.ts'

const [port = '0', on, packages = ''] = process.argv.slice(2)
const { Hono, serve: serveByNode } = (await import(packages)) as HonoPackages

const app = new Hono()
app.get('/', (context) => context.text('Hello, World!'))

if (on === 'node-server') {
  serveByNode({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) }, (info) => ready(info.port))
} else {
  ready((await serve(app.fetch, { port: Number(port), lightGlobals: on === 'light' })).address.port)
}

function ready(listening: number): void {
  console.log(`Waiting for connections on 127.0.0.1:${listening}`)
}
