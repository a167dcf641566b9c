import { createConnection } from 'node:net'
import { type Address, checkPort, formatAddress, isPath } from './address.ts'
import { Connection } from './connection.ts'
import { isTelling, tell } from './events.ts'
import { NetError, toNetError } from './net-error.ts'
import { checkMs, type WaitOptions, watchWait } from './wait.ts'

/** Whom to connect to, and how long to try. */
export interface ConnectOptions extends WaitOptions {
  /** The peer's address or name; 127.0.0.1 when not said. */
  readonly host?: string | undefined
  readonly port: number
}

/**
 * Waits until the peer's system has taken the connection: its program may accept it later, or never.
 *
 * @throws {NetError} `ECONNREFUSED`, `ENOTFOUND`, `EHOSTUNREACH`, `ETIMEDOUT`, `ECANCELED`.
 * @throws {RangeError} when the port is not a whole number from 0 to 65535.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core'
 *
 * await using listener = await listen({ port: 0 })
 * await using connection = await connect({ ...listener.address, timeout: 1000 })
 * console.log(connection.peer) // { host: '127.0.0.1', port: 41234 }
 * ```
 */
export async function connect({ host = '127.0.0.1', port, signal, timeout }: ConnectOptions): Promise<Connection> {
  checkPort(port, 'connect to')
  checkMs(timeout, 'timeout')
  const address: Address = { host, port }
  if (signal?.aborted) throw new NetError({ code: 'ECANCELED', action: 'connect', address, cause: signal.reason })
  const socket = createConnection({
    ...(isPath(host) ? { path: host } : { host, port }),
    allowHalfOpen: true,
    noDelay: true,
  })
  try {
    await new Promise<void>((resolve, reject) => {
      const leave = (code: string, cause?: unknown): void => {
        socket.destroy()
        reject(new NetError({ code, action: 'connect', address, cause }))
      }
      const unwatch = watchWait(
        { signal, timeout },
        (reason) => leave('ECANCELED', reason),
        () => leave('ETIMEDOUT'),
      )
      socket.once('connect', resolve)
      socket.once('error', reject)
      socket.once('connect', unwatch)
      socket.once('error', unwatch)
    })
  } catch (error) {
    const failure = toNetError(error, 'connect', address)
    if (isTelling()) tell({ conn: 0, op: 'error', peer: formatAddress(address), code: failure.code })
    throw failure
  }
  socket.removeAllListeners('error')
  const connection = new Connection(socket)
  if (isTelling()) {
    const { local, peer } = connection
    tell({ conn: connection.id, op: 'connect', local: formatAddress(local), peer: formatAddress(peer) })
  }
  return connection
}
