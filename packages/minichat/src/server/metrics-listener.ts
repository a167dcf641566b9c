import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Address, NetError } from '@fund/net-core'

/** The page of counters, where it can be asked for. */
export interface MetricsListener {
  readonly address: Address
  close(): Promise<void>
}

/**
 * Serves a page of text at `/metrics`. Not with tiny-http: a server that watches another should share as little with it as
 * can be.
 *
 * @throws {NetError} when it cannot listen there.
 */
export async function listenForMetrics(asked: Address, page: () => string): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    const isAsked = request.url === '/metrics' && (request.method === 'GET' || request.method === 'HEAD')
    response.writeHead(isAsked ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(isAsked ? page() : 'There is /metrics.\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new NetError({ code: cause.code ?? 'EIO', action: 'listen', address: asked, cause }))
    })
    server.listen(asked, resolve)
  })
  const { address: host, port } = server.address() as AddressInfo
  return {
    address: { host, port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
