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
 * node:net opens the descriptor only in `bind`.
 *
 * @example
 * ```ts
 * import { socket } from '@fund/net-core'
 *
 * const listener = socket()
 * await listener.bind({ host: '127.0.0.1', port: 0 })
 * await listener.listen()
 * console.log(listener.address) // { host: '127.0.0.1', port: 41234 }
 * await listener.close()
 * ```
 */
export function socket(options?: SocketOptions): Listener {
  return new Listener(options)
}

/**
 * `socket`, `bind` and `listen` in one call.
 *
 * @throws {NetError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`; `ECANCELED` when the signal has fired.
 * @throws {RangeError} when the port is not a whole number from 0 to 65535.
 *
 * @example
 * ```ts
 * import { listen } from '@fund/net-core'
 *
 * await using listener = await listen({ port: 0 })
 * console.log(listener.address) // { host: '127.0.0.1', port: 41234 }
 * ```
 */
export async function listen(options: ListenOptions = {}): Promise<Listener> {
  const { host = '127.0.0.1', port = 0, backlog } = options
  const listener = socket(options)
  try {
    await listener.bind({ host, port }, { backlog })
    await listener.listen()
  } catch (error) {
    await listener.close()
    throw error
  }
  return listener
}
