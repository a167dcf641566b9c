import { createInterface } from 'node:readline'
import { type RawListener, type RawPeer, rawListener, rawPeer } from '../testing/raw-peer.ts'
import { untilSteady } from '../testing/until.ts'
import { bytesOf, type Ended, inShort } from './outcome.ts'
import type { PeerStep } from './scenario.ts'

/** The peer of a scenario, a process of its own on bare node:net: one order a line on stdin, one answer a line on stdout. */

/** What the peer is told. Without a step it lets go of everything. */
export interface PeerOrder {
  readonly step?: PeerStep
  readonly address?: { readonly host: string; readonly port: number }
}

const peers = new Map<string, RawPeer>()
const listeners = new Map<string, RawListener>()

async function obey({ step, address }: PeerOrder): Promise<Ended> {
  if (step === undefined) return clear()
  const { on = 'p', as = 'p', data = '', count = 0, isReading = true, holdsOn = false } = step
  const options = { isReading, holdsOn }
  const { host = '127.0.0.1', port = 0 } = address ?? {}
  const peer = peers.get(on) as RawPeer
  switch (step.peer) {
    case 'listen': {
      const listener = await rawListener({ host, port }, options)
      listeners.set(as, listener)
      return { gave: undefined, address: listener.address }
    }
    case 'unlisten': {
      const listener = listeners.get(on) as RawListener
      await listener[Symbol.asyncDispose]()
      listeners.delete(on)
      return { gave: undefined }
    }
    case 'connect': {
      const peer = await rawPeer({ host, port }, options)
      peers.set(as, peer)
      return { gave: undefined, address: { host, port: peer.port } }
    }
    case 'accept': {
      const listener = listeners.get(on) as RawListener
      const peer = await listener.accept()
      peers.set(as, peer)
      return { gave: undefined, address: listener.address }
    }
    case 'send':
      await peer.send(bytesOf(data))
      return { gave: undefined }
    case 'drip':
      await peer.drip(bytesOf(data))
      return { gave: undefined }
    case 'stuff':
      // More than finds room: what it could not send goes on by itself, and then the FIN.
      void peer.send(bytesOf(data)).then(() => peer.finish())
      await untilSteady('the peer is stuck', () => peer.socket.bytesWritten - peer.socket.writableLength)
      if (peer.socket.writableLength < 1024 * 1024) throw new Error('Nobody holds this peer back')
      return { gave: undefined }
    case 'read':
      return { gave: peer.read() }
    case 'hear':
      return { gave: inShort(await peer.hears(count, 8_000)) }
    case 'hearAll':
      return { gave: inShort(await peer.hearsAll(8_000)) }
    case 'ends':
      return { gave: await peer.ends() }
    case 'finish':
      return { gave: peer.finish() }
    case 'reset':
      return { gave: peer.reset() }
  }
}

async function clear(): Promise<Ended> {
  for (const peer of peers.values()) peer.socket.destroy()
  for (const listener of listeners.values()) await listener[Symbol.asyncDispose]()
  peers.clear()
  listeners.clear()
  return { gave: undefined }
}

for await (const line of createInterface(process.stdin)) {
  const ended = await obey(JSON.parse(line) as PeerOrder).catch((error: NodeJS.ErrnoException): Ended => {
    return { failed: { code: error.code ?? error.name, message: error.message } }
  })
  process.stdout.write(`${JSON.stringify(ended)}\n`)
}
