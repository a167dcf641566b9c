import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '../lib/connect.ts'
import type { Connection } from '../lib/connection.ts'
import { listen } from '../lib/listen.ts'
import type { NetError } from '../lib/net-error.ts'
import { PATIENCE_MS } from './patience.ts'

/**
 * A port of 127.0.0.1 that was free just now: for a program that cannot say which one it took. Another program may take it
 * first; whoever can asks for port 0.
 *
 * @example
 * ```ts
 * import { listen } from '@fund/net-core'
 * import { freePort } from '@fund/net-core/testing'
 *
 * await using listener = await listen({ port: await freePort() })
 * ```
 */
export async function freePort(): Promise<number> {
  const listener = await listen({ port: 0 })
  await listener.close()
  return listener.address.port
}

/**
 * Connects to a port of 127.0.0.1 as soon as somebody listens there: for a program whose ready line cannot be read.
 *
 * @example
 * ```ts
 * import { listen } from '@fund/net-core'
 * import { connectSoon, freePort } from '@fund/net-core/testing'
 *
 * const port = await freePort()
 * const connecting = connectSoon(port)
 * await using listener = await listen({ port })
 * await using client = await connecting
 * ```
 */
export async function connectSoon(port: number, deadlineMs: number = PATIENCE_MS): Promise<Connection> {
  const end = performance.now() + deadlineMs
  while (true) {
    try {
      return await connect({ port })
    } catch (error) {
      if ((error as NetError).code !== 'ECONNREFUSED' || performance.now() > end) throw error
      await pause(5)
    }
  }
}
