import { giveMutex, takeMutex } from './mutex.ts'
import { ThreadError } from './thread-error.ts'

/*
 * What all threads of the process have in common: some counters, the lock of print(), and the memory of everything that
 * has a name. A thread inherits environment data from the thread that starts it, which is how all of them find it. It grows
 * as names are added; nothing is ever given back, since nobody can know whether a thread to come will ask for the name.
 */

const KEY = 'fund:threading 1' // the number changes with the layout: two versions in one process do not mix
const MOST_BYTES = 256 * 1024 * 1024 // address space that is reserved, not memory
const STEP_BYTES = 64 * 1024

// The words at its beginning.
const MUTEX = 0
const USED = 1
const THREADS = 2 // the last thread number given
const NAMES = 3 // the last number given in a name such as Thread-3
const PRINT = 4
const HEADER_BYTES = 64

// The words at the beginning of each entry; then come the key's bytes, and the memory, aligned for any number.
const ENTRY_KEY = 0
const ENTRY_MEMORY = 1
const ENTRY_WORDS = 2

/** A piece of memory that all threads can see, all zeros when it is new. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer
  readonly offset: number
  readonly bytes: number
  /** What any thread finds it by. */
  readonly name?: string | undefined
}

const table = openTable()
const words = new Int32Array(table, 0, HEADER_BYTES / 4)

/** The lock that {@link print} takes so that lines stay whole. */
export const printMutex: readonly [Int32Array, number] = [words, PRINT]

/** A number that no other thread of this process has. */
export function nextThreadId(): number {
  return Atomics.add(words, THREADS, 1) + 1
}

/** The number in the next name given to a thread that has none. */
export function nextNameNumber(): number {
  return Atomics.add(words, NAMES, 1) + 1
}

/**
 * Memory for one shared thing. With a name it is the same memory in all threads, whoever comes first; `init` then runs
 * once, before anybody else can see it. What is found may be of another size than what was asked for.
 */
export function openMemory(
  kind: string,
  name: string | undefined,
  bytes: number,
  init?: (memory: SharedMemory) => void,
): SharedMemory {
  if (name !== undefined) return openNamed(kind, name, bytes, init)
  const memory = { buffer: new SharedArrayBuffer(aligned(bytes)), offset: 0, bytes }
  init?.(memory)
  return memory
}

function openNamed(kind: string, name: string, bytes: number, init?: (memory: SharedMemory) => void): SharedMemory {
  const key = new TextEncoder().encode(`${kind}\n${name}`)
  takeMutex(words, MUTEX)
  try {
    const found = find(key)
    if (found) return { ...found, name }
    const made = { ...append(key, bytes, kind, name), name }
    init?.(made)
    return made
  } finally {
    giveMutex(words, MUTEX)
  }
}

function find(key: Uint8Array): SharedMemory | undefined {
  const end = HEADER_BYTES + Atomics.load(words, USED)
  for (let at = HEADER_BYTES; at < end; ) {
    const entry = new Uint32Array(table, at, ENTRY_WORDS)
    const keyBytes = entry[ENTRY_KEY] as number
    const bytes = entry[ENTRY_MEMORY] as number
    const keyAt = at + ENTRY_WORDS * 4
    const offset = aligned(keyAt + keyBytes)
    if (Buffer.compare(key, new Uint8Array(table, keyAt, keyBytes)) === 0) return { buffer: table, offset, bytes }
    at = offset + aligned(bytes)
  }
  return undefined
}

function append(key: Uint8Array, bytes: number, kind: string, name: string): SharedMemory {
  const at = HEADER_BYTES + Atomics.load(words, USED)
  const keyAt = at + ENTRY_WORDS * 4
  const offset = aligned(keyAt + key.length)
  const end = offset + aligned(bytes)
  if (end > MOST_BYTES) throw new ThreadError('noMemory', { kind, name })
  if (end > table.byteLength) table.grow(Math.min(MOST_BYTES, Math.ceil(end / STEP_BYTES) * STEP_BYTES))
  new Uint8Array(table, keyAt, key.length).set(key)
  const entry = new Uint32Array(table, at, ENTRY_WORDS)
  entry[ENTRY_KEY] = key.length
  entry[ENTRY_MEMORY] = bytes
  Atomics.store(words, USED, end - HEADER_BYTES)
  return { buffer: table, offset, bytes }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

function openTable(): SharedArrayBuffer {
  const { getEnvironmentData, setEnvironmentData } = process.getBuiltinModule('node:worker_threads')
  const inherited = getEnvironmentData(KEY) as unknown
  if (inherited instanceof SharedArrayBuffer) return inherited
  const made = new SharedArrayBuffer(STEP_BYTES, { maxByteLength: MOST_BYTES })
  setEnvironmentData(KEY, made as unknown as string) // typed for what JSON knows, made for what can be cloned
  return made
}
