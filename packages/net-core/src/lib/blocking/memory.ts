import { getEnvironmentData, isMainThread, setEnvironmentData, Worker } from 'node:worker_threads'
import { FIN_PATIENCE_MS, FLUSH_PATIENCE_MS, QUIET_MS } from '../defaults.ts'
import { ioWorker } from './io-worker.ts'
import { CLEARED, layout, MEMORY_BYTES } from './layout.ts'

/*
 * The memory that every thread of the process shares, and the one thread that has the sockets. A worker inherits
 * environment data, which is how the threads find the same memory.
 *
 * A thread that starts another takes it along when it ends. So the main thread, which outlives all, starts the I/O worker
 * as soon as this module is loaded there; a worker thread does so only when it needs it and finds none.
 */

const KEY = 'fund:net sockets 1' // the number rises with the layout
/** How long a program that ends waits for the system to take what was sent. */
const EXIT_PATIENCE_MS = 2_000
const START_PATIENCE_MS = 30_000
/** DEAD when the thread that started the I/O worker has ended, and taken it along. */
const LEFT = 2

const { DEAD, DIRTY, SLEEP, BELL, START, SLOTS, SLOT_SHIFT } = layout

const memory = openMemory()

/** The memory as words. */
export const words: Int32Array = new Int32Array(memory)
/** The memory as bytes. */
export const bytes: Buffer = Buffer.from(memory)

let isReady = false
/** Once this thread ends: until when it waits for the system to take what was sent. */
let exitEnd: number | undefined

if (isMainThread) startEarly()

function openMemory(): SharedArrayBuffer {
  const found = getEnvironmentData(KEY) as unknown
  if (found instanceof SharedArrayBuffer) return found
  const memory = new SharedArrayBuffer(MEMORY_BYTES) // the system gives pages when they are first written
  setEnvironmentData(KEY, memory as unknown as string)
  return memory
}

/** Where a program may not start threads, importing this module must not fail: the first socket will say so. */
function startEarly(): void {
  try {
    start()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw error
    Atomics.store(words, START, 0)
  }
}

/** Waits until the I/O worker is at work; starts it where nobody has. */
export function ensureIoWorker(): void {
  checkIoWorker()
  if (isReady) return
  start()
  const end = performance.now() + START_PATIENCE_MS
  while (Atomics.load(words, START) !== 2) {
    checkIoWorker()
    if (performance.now() > end) throw new Error('Cannot open a socket: the I/O worker does not start')
    Atomics.wait(words, START, 1, 100)
  }
  isReady = true
}

function start(): void {
  if (Atomics.compareExchange(words, START, 0, 1) !== 0) return
  // A bundler told to keep names wraps functions in calls of a helper, which the text of the function leaves behind.
  const text = `'use strict'; var __name = (f) => f; try { (${ioWorker})() } catch (error) { (${reportFailure})(error) }`
  const worker = new Worker(text, {
    eval: true,
    name: 'fund sockets',
    workerData: { memory, layout, cleared: CLEARED, patience: { FLUSH_PATIENCE_MS, FIN_PATIENCE_MS, QUIET_MS } },
    execArgv: [],
    env: {}, // no NODE_OPTIONS: what is preloaded into the program has no business in there
    stdin: false,
  })
  worker.unref()
  process.on('exit', isMainThread ? flushAll : leave)
}

/** What the I/O worker does when its text is no good, because some tool has put a name into it that only its file knows. */
function reportFailure(error: unknown): void {
  const { workerData } = process.getBuiltinModule('node:worker_threads')
  process.getBuiltinModule('node:fs').writeSync(2, `Cannot start the I/O worker of @fund/net-core/blocking: ${error}\n`)
  Atomics.store(new Int32Array(workerData.memory), workerData.layout.DEAD, 1)
}

/** Throws when there is no I/O worker any more: then nobody will wake who waits. */
export function checkIoWorker(): void {
  const dead = Atomics.load(words, DEAD)
  if (dead === 0) return
  if (dead === LEFT && exitEnd !== undefined) return // this is the thread that ends: it is there for its exit handlers
  if (dead !== LEFT) throw new Error('Cannot use a socket: the I/O worker has failed, and said on stderr why')
  throw new Error(
    'Cannot use a socket: the thread that opened the first one has ended, and took all of them along. ' +
      'Import @fund/net-core/blocking in the main thread, too',
  )
}

/** Asks the I/O worker to look at a slot. */
export function ring(slot: number): void {
  Atomics.or(words, DIRTY + (slot >> 5), 1 << (slot & 31))
  // The first who finds it asleep wakes it; while it is awake it looks by itself before it sleeps again.
  if (Atomics.load(words, SLEEP) === 1 && Atomics.exchange(words, SLEEP, 0) === 1) Atomics.notify(words, BELL)
}

/** Waits, as the program ends, until the system has what was sent. */
function flushAll(): void {
  exitEnd = performance.now() + EXIT_PATIENCE_MS
  if (Atomics.load(words, START) !== 2) return
  for (let slot = 1; slot < SLOTS; slot += 1) flush(slot, exitEnd)
}

/** The I/O worker ends with this thread, which is not the main thread: tells all others, who would wait for ever. */
function leave(): void {
  flushAll()
  if (Atomics.compareExchange(words, DEAD, 0, LEFT) !== 0) return
  const { STATE, RX_SEQ, TX_SEQ, SIG } = layout
  for (let at = 1 << SLOT_SHIFT; at < SLOTS << SLOT_SHIFT; at += 1 << SLOT_SHIFT) {
    if (Atomics.load(words, at + STATE) === 0) continue
    for (const word of [RX_SEQ, TX_SEQ, SIG]) {
      Atomics.add(words, at + word, 1)
      Atomics.notify(words, at + word)
    }
  }
}

/** After a send: a program's own exit handlers run after ours, and nobody flushes after them. */
export function flushAtExit(slot: number): void {
  if (exitEnd !== undefined) flush(slot, exitEnd)
}

function flush(slot: number, end: number): void {
  const { FAILED, GONE, FLAGS, STATE, TX_HEAD, TX_SEQ, TX_TAIL, TX_WAITING } = layout
  const at = slot << SLOT_SHIFT
  const isDue = (): boolean =>
    Atomics.load(words, at + STATE) === 1 &&
    Atomics.load(words, at + TX_TAIL) !== Atomics.load(words, at + TX_HEAD) &&
    (Atomics.load(words, at + FLAGS) & (FAILED | GONE)) === 0 &&
    Atomics.load(words, DEAD) !== 1
  for (let seq = Atomics.load(words, at + TX_SEQ); isDue(); seq = Atomics.load(words, at + TX_SEQ)) {
    const patience = end - performance.now()
    if (patience <= 0) return
    Atomics.store(words, at + TX_WAITING, 1)
    ring(slot)
    Atomics.wait(words, at + TX_SEQ, seq, patience)
  }
}
