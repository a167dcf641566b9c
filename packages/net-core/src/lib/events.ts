import { channel } from 'node:diagnostics_channel'
import { isMainThread, threadId, workerData } from 'node:worker_threads'
import { monotonicMicros } from './clock.ts'
import { isRingWatched, leaveRing, nextSeq, watchRing, writeRing } from './event-ring.ts'

/** What happened. `wait` tells that a call begins to wait, and `for` which kind of call. */
export type NetOp =
  | 'socket'
  | 'bind'
  | 'listen'
  | 'wait'
  | 'accept'
  | 'connect'
  | 'recv'
  | 'send'
  | 'eof'
  | 'fin'
  | 'close'
  | 'reset'
  | 'drop'
  | 'error'
  | 'thread-start'
  | 'thread-end'

/** One thing that happened to a socket, as the program that holds the socket sees it: a call, not a packet. */
export interface NetEvent {
  /** Rises by one with every event of this process, whichever thread it happened in. */
  readonly seq: number
  /** Microseconds on the system's monotonic clock, the same in every thread. */
  readonly t: number
  /** The thread that did it: `main`, the name of a Thread, or `thread-` and the number of another worker. */
  readonly lane: string
  /** The connection's number, counted from 1 in this process; 0 is the listener. */
  readonly conn: number
  readonly op: NetOp
  /** For `wait`: what the call waits for. */
  readonly for?: 'accept' | 'recv' | 'send' | 'join' | 'lock'
  /** How many bytes, for `recv` and `send`. */
  readonly n?: number
  /** The position of the first of these bytes in its direction of the connection, counted from 0. */
  readonly offset?: number
  /** The first 256 of these bytes. */
  readonly data?: Uint8Array
  /** Our own address, for `bind`, `listen`, and the listener's `wait`. */
  readonly local?: string
  /** The other end's address. */
  readonly peer?: string
  /** The system's word for what went wrong, for `reset`, `drop` and `error`. */
  readonly code?: string
}

/** What the place where it happens knows; `seq`, `t` and `lane` are added here. */
export type NetEventFacts = Omit<NetEvent, 'seq' | 't' | 'lane'>

/** How many bytes of a message an event carries. */
export const DATA_BYTES = 256

const net = channel('fund:net')
const lane = isMainThread ? 'main' : (nameOfThread() ?? `thread-${threadId}`)
channel('fund:threading').subscribe(passOn)

/** How many in this thread want to know: the ring is watched for the first of them, until the last has left. */
let subscriptions = 0

/**
 * Whether anybody wants to know, in this thread or in another. Ask before computing what to tell:
 * with nobody listening it costs two reads.
 */
export function isTelling(): boolean {
  return net.hasSubscribers || isRingWatched()
}

/** Tells one event to whoever subscribed in this thread and, through shared memory, to the thread that watches. */
export function tell(facts: NetEventFacts): void {
  publish({ seq: nextSeq(), t: monotonicMicros(), lane, ...facts })
}

function publish(event: NetEvent): void {
  if (net.hasSubscribers) net.publish(event)
  if (isRingWatched()) writeRing(event)
}

/** What `@fund/threading` calls this thread. The two packages do not know each other: this is all that they agree on. */
function nameOfThread(): string | undefined {
  return (workerData as { fundThread?: { name?: string } } | null | undefined)?.fundThread?.name
}

/** What `@fund/threading` tells on its channel: `name` is the thread that starts, ends or waits. */
interface ThreadFacts {
  readonly op: 'thread-start' | 'thread-end' | 'wait'
  readonly name: string
  readonly t: number
  readonly for?: 'join' | 'lock'
}

/** Puts what threads do into the one stream of events. */
function passOn(message: unknown): void {
  if (!isTelling()) return
  const { op, name, t, for: call } = message as ThreadFacts
  publish({ seq: nextSeq(), t, lane: name, conn: 0, op, ...(call ? { for: call } : {}) })
}

/** A copy of the first bytes of a message, since the message itself belongs to the program. */
export function excerpt(data: Uint8Array): Uint8Array {
  return new Uint8Array(data.subarray(0, DATA_BYTES))
}

/**
 * Calls `listener` with every event of this process until the returned function is called. Events of this thread come
 * at once, those of other threads a moment later: `seq` has the order. One thread at a time receives the other
 * threads' events, the first that asked; what did not fit into the shared memory between two looks is told
 * as one `error` event with the code `EOVERFLOW` and the number lost in `n`.
 *
 * @example
 * ```ts
 * import { listen } from '@fund/net-core'
 * import { subscribe } from '@fund/net-core/events'
 *
 * const unsubscribe = subscribe((event) => console.log(event.op, event.local ?? ''))
 * const listener = await listen({ port: 0 }) // socket, bind 127.0.0.1:…, listen 127.0.0.1:…
 * await listener.close()
 * unsubscribe()
 * ```
 */
export function subscribe(listener: (event: NetEvent) => void): () => void {
  const onMessage = (message: unknown): void => listener(message as NetEvent)
  net.subscribe(onMessage)
  subscriptions += 1
  watchRing((event) => net.publish(event))
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    subscriptions -= 1
    if (subscriptions === 0) leaveRing() // tells what the other threads have written so far
    net.unsubscribe(onMessage)
  }
}
