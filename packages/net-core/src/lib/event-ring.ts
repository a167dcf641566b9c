import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { monotonicMicros } from './clock.ts'
import type { NetEvent } from './events.ts'

/*
 * A diagnostics channel ends at the border of its thread. So a thread that has something to tell while another one
 * watches writes it into this ring: a header of words, then a circle of bytes that holds records, each
 * four bytes of length and then JSON. A worker inherits environment data, which is how every thread of the process
 * finds the same memory.
 */

const KEY = 'fund:net events'
const RING_BYTES = 1 << 20

// The header, in 32-bit words.
const SEQ = 0 // the last sequence number given
const CONN = 1 // the last connection number given
const WATCHER = 2 // 1 while some thread watches
const LOCK = 3 // 1 while somebody moves HEAD or TAIL
const HEAD = 4 // where the reader reads next; HEAD and TAIL count bytes for ever and wrap at 2^32
const TAIL = 5 // where the next writer writes
const LOST = 6 // events that found no room since the reader's last look
const BELL = 7 // rings when something was written
const WORDS = 8

interface Ring {
  readonly words: Int32Array
  readonly bytes: Uint8Array
}

const ring = openRing()

function openRing(): Ring {
  let memory = getEnvironmentData(KEY) as unknown as SharedArrayBuffer | undefined
  if (!(memory instanceof SharedArrayBuffer)) {
    memory = new SharedArrayBuffer(WORDS * 4 + RING_BYTES) // the system gives pages when they are first written
    setEnvironmentData(KEY, memory as unknown as string)
  }
  return { words: new Int32Array(memory, 0, WORDS), bytes: new Uint8Array(memory, WORDS * 4) }
}

let isWatching = false
let onEvent: ((event: NetEvent) => void) | undefined

/** The next event's number, one sequence for the whole process. */
export function nextSeq(): number {
  return Atomics.add(ring.words, SEQ, 1) + 1
}

/** The next connection's number, one sequence for the whole process. */
export function nextConn(): number {
  return Atomics.add(ring.words, CONN, 1) + 1
}

/** Whether a thread other than this one wants to hear of what happens here. */
export function isRingWatched(): boolean {
  return ring.words[WATCHER] !== 0 && !isWatching
}

/** Puts an event where the watching thread finds it. Never waits for that thread: what finds no room is counted. */
export function writeRing(event: NetEvent): void {
  const { data, ...rest } = event
  const record = Buffer.from(JSON.stringify(data ? { ...rest, data: Buffer.from(data).toString('base64') } : rest))
  const { words } = ring
  lock()
  const tail = Atomics.load(words, TAIL)
  const used = (tail - Atomics.load(words, HEAD)) | 0
  if (used + 4 + record.length > RING_BYTES) {
    Atomics.add(words, LOST, 1)
  } else {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(record.length)
    copyIn(tail, length)
    copyIn(tail + 4, record)
    Atomics.store(words, TAIL, (tail + 4 + record.length) | 0)
  }
  unlock()
  Atomics.add(words, BELL, 1)
  Atomics.notify(words, BELL)
}

/** Makes this thread the one that hears of the others. False when some thread already is. */
export function watchRing(listener: (event: NetEvent) => void): boolean {
  if (Atomics.compareExchange(ring.words, WATCHER, 0, 1) !== 0) return false
  isWatching = true
  onEvent = listener
  process.on('exit', leaveRing)
  void drainFor(listener)
  return true
}

/** Hears the rest, and lets another thread watch. */
export function leaveRing(): void {
  if (!isWatching) return
  drainRing()
  isWatching = false
  onEvent = undefined
  process.off('exit', leaveRing)
  Atomics.store(ring.words, WATCHER, 0)
  Atomics.notify(ring.words, BELL)
}

/** Tells the watching listener all that has been written so far. */
function drainRing(): void {
  if (!onEvent) return
  const { words } = ring
  // A record is copied out before the lock is given back: behind HEAD a writer may write at once.
  for (let record = takeRecord(); record; record = takeRecord()) {
    const { data, ...event } = JSON.parse(record.toString()) as Omit<NetEvent, 'data'> & { data?: string }
    onEvent(data === undefined ? event : { ...event, data: Buffer.from(data, 'base64') })
  }
  const lost = Atomics.exchange(words, LOST, 0)
  if (lost > 0) {
    onEvent({ seq: nextSeq(), t: monotonicMicros(), lane: 'main', conn: 0, op: 'error', n: lost, code: 'EOVERFLOW' })
  }
}

function takeRecord(): Buffer | undefined {
  const { words } = ring
  lock()
  try {
    const head = Atomics.load(words, HEAD)
    if (head === Atomics.load(words, TAIL)) return undefined
    const length = copyOut(head, 4).readUInt32LE()
    const record = copyOut(head + 4, length)
    Atomics.store(words, HEAD, (head + 4 + length) | 0)
    return record
  } finally {
    unlock()
  }
}

async function drainFor(listener: (event: NetEvent) => void): Promise<void> {
  const { words } = ring
  while (onEvent === listener) {
    const bell = Atomics.load(words, BELL) // before looking, so that no ring is missed
    drainRing()
    const wait = Atomics.waitAsync(words, BELL, bell)
    // Either way the loop gets its turn: a thread that writes without pause must not starve this one's sockets.
    if (wait.async) await wait.value
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function lock(): void {
  while (Atomics.compareExchange(ring.words, LOCK, 0, 1) !== 0) Atomics.wait(ring.words, LOCK, 1, 1)
}

function unlock(): void {
  Atomics.store(ring.words, LOCK, 0)
  Atomics.notify(ring.words, LOCK, 1)
}

function copyIn(at: number, data: Uint8Array): void {
  const from = at & (RING_BYTES - 1)
  const first = data.subarray(0, RING_BYTES - from)
  ring.bytes.set(first, from)
  ring.bytes.set(data.subarray(first.length), 0)
}

function copyOut(at: number, length: number): Buffer {
  const from = at & (RING_BYTES - 1)
  const out = Buffer.alloc(length)
  const first = ring.bytes.subarray(from, from + length)
  out.set(first)
  out.set(ring.bytes.subarray(0, length - first.length), first.length)
  return out
}
