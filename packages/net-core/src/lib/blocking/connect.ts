import { checkPort, formatAddress } from '../address.ts'
import { isTelling, tell } from '../events.ts'
import { NetError } from '../net-error.ts'
import { Connection, identify } from './connection.ts'
import { endOf, type WaitOptions } from './deadline.ts'
import { layout } from './layout.ts'
import { Slot } from './slot.ts'

const CONNECT = 2

/** Whom to connect to, and how long to try. */
export interface ConnectOptions extends WaitOptions {
  /** The peer's address or name; 127.0.0.1 when not said. */
  readonly host?: string | undefined
  readonly port: number
}

/**
 * Stops this thread until the peer's system has taken the connection: its program may accept it later, or never.
 *
 * @throws {NetError} `ECONNREFUSED`, `ENOTFOUND`, `EHOSTUNREACH`, `ETIMEDOUT`; `EMFILE` when this process has 1,023 sockets.
 * @throws {RangeError} when the port is not a whole number from 0 to 65535.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core/blocking'
 *
 * using listener = listen({ port: 0 })
 * using connection = connect({ ...listener.address, timeout: 1000 })
 * console.log(connection.peer) // { host: '127.0.0.1', port: 41234 }
 * connection.abort() // nobody accepts it
 * ```
 */
export function connect({ host = '127.0.0.1', port, ...wait }: ConnectOptions): Connection {
  checkPort(port, 'connect to')
  const end = endOf(wait)
  const address = { host, port }
  const slot = Slot.claim('connect', address)
  slot.request(CONNECT, address)
  const isSettled = slot.waitForFlags(layout.READY | layout.FAILED, end)
  if (!isSettled || slot.flags & layout.FAILED) {
    const { code, cause } = isSettled ? slot.failure : { code: 'ETIMEDOUT', cause: undefined }
    slot.flag(layout.CLOSING | layout.ABORT)
    slot.ring()
    if (isTelling()) tell({ conn: 0, op: 'error', peer: formatAddress(address), code })
    throw new NetError({ code, action: 'connect', address, cause })
  }
  const connection = new Connection(slot, identify(slot))
  if (isTelling()) {
    const { local, peer } = connection
    tell({ conn: connection.id, op: 'connect', local: formatAddress(local), peer: formatAddress(peer) })
  }
  return connection
}
