import type { Connection } from '../lib/connection.ts'
import { listen } from '../lib/listen.ts'
import type { Listener } from '../lib/listener.ts'
import { type RawPeer, type RawPeerOptions, rawPeer } from './raw-peer.ts'

/** A connection under test, and the raw peer at its other end. */
export interface Pair extends AsyncDisposable {
  readonly listener: Listener
  readonly connection: Connection
  readonly peer: RawPeer
}

/** Makes a {@link Pair}. Its end takes everything down at once. */
export async function pair(options?: RawPeerOptions): Promise<Pair> {
  const listener = await listen({ port: 0 })
  const accepting = listener.accept()
  const peer = await rawPeer(listener.address, options)
  const connection = await accepting
  return {
    listener,
    connection,
    peer,
    async [Symbol.asyncDispose]() {
      listener.abort()
      peer.socket.destroy()
      await listener.shutdown()
    },
  }
}
