import { type Address, formatAddress } from './address.ts'
import { nextConn } from './event-ring.ts'
import { type NetAction, NetError } from './net-error.ts'

/** Which connection this is: its number, its two ends, and how its failures are put. */
export class Identity {
  readonly conn: number
  readonly local: Address
  readonly peer: Address
  #facts: { readonly conn: number; readonly peer: string } | undefined

  /** A connection that is new gets a number; one that comes from another thread has it. */
  constructor(local: Address, peer: Address, conn: number = nextConn()) {
    this.conn = conn
    this.local = local
    this.peer = peer
  }

  /** What every event of this connection says. Made when the first is told: thousands may be open, and nobody listen. */
  get facts(): { readonly conn: number; readonly peer: string } {
    this.#facts ??= { conn: this.conn, peer: formatAddress(this.peer) }
    return this.#facts
  }

  failure(action: NetAction, code: string, cause?: unknown, sent?: number): NetError {
    return new NetError({ action, code, address: this.peer, cause, sent })
  }
}
