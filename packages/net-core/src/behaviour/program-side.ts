import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { Address } from '../lib/address.ts'
import { NetError } from '../lib/net-error.ts'
import { bytesOf, type Ended, inShort } from './outcome.ts'
import type { Argument, Call, SentData } from './scenario.ts'

/**
 * The program of a scenario, in a worker thread. What it does is the same on both faces but for the waiting: an `await`
 * of what the blocking face gives does not wait.
 */

/** A call to make. */
export interface Order {
  readonly id: number
  readonly call: Call
  readonly on?: string | undefined
  readonly as?: string | undefined
  readonly data?: SentData | undefined
  readonly args: readonly Argument[]
  /** What other threads have made, by name: handles of the blocking face. */
  readonly handles: Readonly<Record<string, number>>
}

type Face = typeof import('../index.ts')
type BlockingFace = typeof import('../blocking.ts')

const blocking = workerData === 'blocking' ? await import('../blocking.ts') : undefined
const face = (blocking ?? (await import('../index.ts'))) as unknown as Face

const connections = new Map<string, InstanceType<Face['Connection']>>()
const listeners = new Map<string, InstanceType<Face['Listener']>>()

function connectionOf({ on = '', handles }: Order): InstanceType<Face['Connection']> {
  return known(connections, on, handles, blocking?.Connection)
}

function listenerOf({ on = '', handles }: Order): InstanceType<Face['Listener']> {
  return known(listeners, on, handles, blocking?.Listener)
}

function known<T>(
  map: Map<string, T>,
  name: string,
  handles: Order['handles'],
  type: BlockingFace['Connection'] | BlockingFace['Listener'] | undefined,
): T {
  const found = map.get(name) ?? (type?.from(handles[name] ?? 0) as T | undefined)
  if (!found) throw new Error(`There is no ${name}`)
  map.set(name, found)
  return found
}

function keep(order: Order, made: object): Ended {
  const { handle } = made as { handle?: number }
  if (made instanceof face.Listener) {
    listeners.set(order.as ?? '', made)
    return { gave: undefined, ...(handle ? { handle } : {}), address: made.address }
  }
  connections.set(order.as ?? '', made as InstanceType<Face['Connection']>)
  return { gave: undefined, ...(handle ? { handle } : {}), address: (made as { peer: Address }).peer }
}

async function obey(order: Order): Promise<Ended> {
  const { call, on, data = '', args } = order
  const first = args[0] as never
  switch (call) {
    case 'socket':
      listeners.set(order.as ?? '', face.socket(first))
      return { gave: undefined }
    case 'bind': {
      await listenerOf(order).bind(first)
      const { address, handle } = listenerOf(order) as { address: Address; handle?: number }
      return { gave: undefined, address, ...(handle ? { handle } : {}) }
    }
    case 'listen':
      if (on === undefined) return keep(order, await face.listen(first))
      return { gave: await listenerOf(order).listen() }
    case 'connect':
      return keep(order, await face.connect(first))
    case 'accept':
      return keep(order, await listenerOf(order).accept(first))
    case 'address':
      return { gave: listenerOf(order).address }
    case 'recv': {
      const chunk = await connectionOf(order).recv(first, args[1] as never)
      return { gave: chunk && inShort(chunk) }
    }
    case 'recvAll': {
      const chunks: Uint8Array[] = []
      const connection = connectionOf(order)
      for (let chunk = await connection.recv(); chunk; chunk = await connection.recv()) chunks.push(chunk)
      return { gave: inShort(Buffer.concat(chunks)) }
    }
    case 'sendAll':
      return { gave: await connectionOf(order).sendAll(messageOf(data), first) }
    case 'trySend':
      return { gave: connectionOf(order).trySend(messageOf(data), first) }
    case 'queued':
      return { gave: connectionOf(order).queued }
    case 'closeWrite':
      return { gave: await connectionOf(order).closeWrite() }
    case 'close':
      if (isListener(order)) return { gave: await listenerOf(order).close() }
      return { gave: await connectionOf(order).close(first) }
    case 'abort':
      return { gave: connectionOf(order).abort() }
    case 'isClosed':
      return { gave: connectionOf(order).isClosed }
    case 'lines': {
      const lines: string[] = []
      const reader = connectionOf(order).lines(first)
      for await (const line of reader) lines.push(line)
      return { gave: reader.isCut ? [...lines, '(cut)'] : lines }
    }
    case 'shutdown': {
      const { drained, aborted } = await listenerOf(order).shutdown(first)
      return { gave: `drained ${drained}, aborted ${aborted}` }
    }
    case 'untilWaiting':
      while (listenerOf(order).stats.waiting === 0) await pause(1)
      return { gave: undefined }
    case 'stats': {
      const { accepted, active, peak, dropped, waiting } = listenerOf(order).stats
      return { gave: `accepted ${accepted}, active ${active}, peak ${peak}, dropped ${dropped}, waiting ${waiting}` }
    }
  }
}

function messageOf(data: SentData): Uint8Array {
  return typeof data === 'object' && 'raw' in data ? (data.raw as Uint8Array) : bytesOf(data)
}

/** In the scenarios a name that begins with l is a listener's. */
function isListener({ on }: Order): boolean {
  return on?.startsWith('l') === true
}

function failure(error: unknown): Ended {
  if (!(error instanceof Error)) throw error
  const { message } = error
  if (!(error instanceof NetError)) return { failed: { code: error.name, message } }
  return { failed: { code: error.code, message, ...(error.sent === undefined ? {} : { sent: error.sent }) } }
}

parentPort?.on('message', async (order: Order) => {
  const ended = await obey(order).catch(failure)
  parentPort?.postMessage({ id: order.id, ended })
})
