import { isTelling, tell } from '../events.ts'
import { Listener, type SocketOptions } from './listener.ts'

/** What `listen` is asked for. */
export interface ListenOptions extends SocketOptions {
  /** The address to be reached at: 127.0.0.1, this machine alone, when not said; 0.0.0.0 or `::` for all. */
  readonly host?: string | undefined
  /** From 0 to 65535; 0, also when not said, asks the system for any free one. */
  readonly port?: number | undefined
  /** How many connections the system holds for the time between two accepts; 511 when not said. */
  readonly backlog?: number | undefined
}

/**
 * The first of the calls: a socket without an address. Then come `bind`, `listen` and `accept`.
 *
 * @example
 * ```ts
 * import { socket } from '@fund/net-core/blocking'
 *
 * const listener = socket()
 * listener.bind({ host: '127.0.0.1', port: 0 })
 * listener.listen()
 * console.log(listener.address) // { host: '127.0.0.1', port: 41234 }
 * listener.close()
 * ```
 */
export function socket(options?: SocketOptions): Listener {
  const listener = new Listener(options)
  if (isTelling()) tell({ conn: 0, op: 'socket' })
  return listener
}

/**
 * `socket`, `bind` and `listen` in one call.
 *
 * @throws {NetError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`; `EMFILE` when this process has 1,023 sockets.
 * @throws {RangeError} when the port is not a whole number from 0 to 65535.
 *
 * @example
 * ```ts
 * import { listen } from '@fund/net-core/blocking'
 *
 * using listener = listen({ port: 0 })
 * console.log(listener.address) // { host: '127.0.0.1', port: 41234 }
 * ```
 */
export function listen(options: ListenOptions = {}): Listener {
  const { host = '127.0.0.1', port = 0, backlog } = options
  const listener = socket(options)
  try {
    listener.bind({ host, port }, { backlog })
    listener.listen()
  } catch (error) {
    listener.close()
    throw error
  }
  return listener
}
