import { type Connection, formatAddress } from '@fund/net-core'

/** What the room may tell one member that does not read; what is more is left out. */
const TOLD_BYTES = 512 * 1024

/** How a member left. Each is announced in its own words. */
export type Leaving = 'bye' | 'eof' | 'lost' | 'slow' | 'flood' | 'endless'

/** One client in the room. */
export class Member {
  readonly connection: Connection
  /** What it is called: its nick, or its address where there are no nicks. */
  name: string
  /** What stands before its lines. */
  prefix = ''
  /** Whether something waits here for it, because it does not read fast enough. */
  isBehind = false
  /** The place in the order where it came in, and how many lines from before that it was given then. */
  entry = ''
  given = 0
  /** Why it was cut off, if it was. */
  cut: Leaving | undefined

  constructor(connection: Connection) {
    this.connection = connection
    this.name = formatAddress(connection.peer)
  }

  /** Tells this member alone, and never waits for it. */
  tell(text: string | Uint8Array): void {
    this.connection.trySend(text, { limit: TOLD_BYTES })
  }
}
