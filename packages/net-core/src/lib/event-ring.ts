import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import { monotonicMicros } from './clock.ts'
import type { NetEvent } from './events.ts'

/*
 * A diagnostics channel ends at the border of its thread. So a thread that has something to tell while another one
 * watches writes it into this ring: a header of words, then a circle of cells, four bytes each, that holds records: a
 * cell with the length, then JSON. A worker inherits environment data, which is how every thread of the process
 * finds the same memory.
 *
 * There is no lock, since a worker can be terminated at any moment, with the lock in its hand. A writer takes room by
 * moving TAIL and marks it as taken (the negative length), writes, and only then sets the length. The reader stops at a
 * record that is not ready, and passes it over when it does not get ready: its writer is dead.
 */

const KEY = 'fund:net events'
const RING_BYTES = 1 << 20

// The header, in 32-bit words.
const SEQ = 0 // the last sequence number given
const CONN = 1 // the last connection number given
const WATCHER = 2 // 1 while some thread watches
const HEAD = 3 // where the reader reads next; HEAD and TAIL count bytes for ever and wrap at 2^32
const TAIL = 4 // where the next writer writes
const LOST = 5 // events that found no room since the reader's last look
const BELL = 6 // rings when something was written
const WORDS = 8

/** How often the reader looks at a record that is not ready, one look every so many ms, before it gives it up. */
const LOOKS = 100
const LOOK_MS = 1

interface Ring {
  readonly words: Int32Array
  readonly cells: Int32Array
  readonly bytes: Uint8Array
}

const ring = openRing()

function openRing(): Ring {
  let memory = getEnvironmentData(KEY) as unknown as SharedArrayBuffer | undefined
  if (!(memory instanceof SharedArrayBuffer)) {
    memory = new SharedArrayBuffer(WORDS * 4 + RING_BYTES) // the system gives pages when they are first written
    setEnvironmentData(KEY, memory as unknown as string)
  }
  const start = WORDS * 4
  return {
    words: new Int32Array(memory, 0, WORDS),
    cells: new Int32Array(memory, start),
    bytes: new Uint8Array(memory, start),
  }
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
  const { words, cells } = ring
  const tail = takeRoom(record.length)
  if (tail === undefined) {
    Atomics.add(words, LOST, 1)
  } else {
    copyIn(tail + 4, record)
    Atomics.store(cells, cellAt(tail), record.length)
  }
  Atomics.add(words, BELL, 1)
  Atomics.notify(words, BELL)
}

/** Where a record of this length may be written; undefined when there is no room for it. */
function takeRoom(length: number): number | undefined {
  const { words, cells } = ring
  const size = sizeOf(length)
  while (true) {
    const tail = Atomics.load(words, TAIL)
    const used = (tail - Atomics.load(words, HEAD)) | 0
    if (used + size > RING_BYTES) return undefined
    const cell = cellAt(tail)
    if (Atomics.compareExchange(words, TAIL, tail, (tail + size) | 0) !== tail) continue
    Atomics.store(cells, cell, -length) // at once: a thread is terminated where it calls or loops, not between these two
    return tail
  }
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

/**
 * Tells the watching listener all that has been written by now. No more: threads that write without a pause must not keep
 * this one from its event loop.
 */
function drainRing(): void {
  if (!onEvent) return
  const { words } = ring
  const end = Atomics.load(words, TAIL)
  while (isWatching && Atomics.load(words, HEAD) !== end) {
    const record = takeRecord()
    if (!record) break
    const { data, ...event } = JSON.parse(record.toString()) as Omit<NetEvent, 'data'> & { data?: string }
    onEvent(data === undefined ? event : { ...event, data: Buffer.from(data, 'base64') })
  }
  const lost = Atomics.exchange(words, LOST, 0)
  if (lost > 0 && isWatching) {
    onEvent({ seq: nextSeq(), t: monotonicMicros(), lane: 'main', conn: 0, op: 'error', n: lost, code: 'EOVERFLOW' })
  }
}

function takeRecord(): Buffer | undefined {
  const { words, cells } = ring
  const head = Atomics.load(words, HEAD)
  if (head === Atomics.load(words, TAIL)) return undefined
  const length = Atomics.load(cells, cellAt(head))
  if (length <= 0) return undefined
  const record = copyOut(head + 4, length)
  passOver(head, sizeOf(length))
  return record
}

/** Gives room back, emptied: a cell that holds anything but 0 is a record's first. */
function passOver(head: number, size: number): void {
  const { words, cells } = ring
  const from = cellAt(head)
  const to = from + size / 4
  cells.fill(0, from, to)
  cells.fill(0, 0, Math.max(0, to - cells.length))
  Atomics.store(words, HEAD, (head + size) | 0)
}

async function drainFor(listener: (event: NetEvent) => void): Promise<void> {
  const { words } = ring
  let looks = 0
  while (onEvent === listener) {
    const bell = Atomics.load(words, BELL) // before looking, so that no ring is missed
    const head = Atomics.load(words, HEAD)
    drainRing()
    if (Atomics.load(words, HEAD) !== head) looks = 0
    if (isStuck()) {
      looks += 1
      if (looks > LOOKS) giveUp()
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref())
      continue
    }
    const wait = Atomics.waitAsync(words, BELL, bell)
    // Either way the loop gets its turn: a thread that writes without pause must not starve this one's sockets.
    if (wait.async) await wait.value
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Whether the next record is not ready: it is being written, or it never will be. */
function isStuck(): boolean {
  const { words, cells } = ring
  const head = Atomics.load(words, HEAD)
  return head !== Atomics.load(words, TAIL) && Atomics.load(cells, cellAt(head)) <= 0
}

/** Passes over the record of a writer that was terminated in the middle of it. */
function giveUp(): void {
  const { words, cells } = ring
  const head = Atomics.load(words, HEAD)
  const length = -Atomics.load(cells, cellAt(head))
  if (length < 0) return // it got ready just now
  passOver(head, length > 0 ? sizeOf(length) : (Atomics.load(words, TAIL) - head) | 0)
  Atomics.add(words, LOST, 1)
}

/** What a record of so many bytes takes: whole cells, one more for the length. */
function sizeOf(length: number): number {
  return 4 + Math.ceil(length / 4) * 4
}

function cellAt(position: number): number {
  return (position & (RING_BYTES - 1)) >>> 2
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
