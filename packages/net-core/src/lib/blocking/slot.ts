import type { Address } from '../address.ts'
import { type NetAction, NetError } from '../net-error.ts'
import { CLEARED, layout } from './layout.ts'
import { bytes, checkIoWorker, ensureIoWorker, ring, words } from './memory.ts'

const { SLOTS, SLOT_SHIFT, GEN, STATE, PIN, FLAGS, SIG, HINT, NEVER, RX_SEQ, RX_WAITING, TX_SEQ, TX_WAITING } = layout
/** A free slot may still be looked at by a thread that is in the middle of a call: how often to look again. */
const CLAIM_TRIES = 100
/** A thread that waits for a lock looks this often whether the socket is still there: the holder may have been ended. */
const LOCK_SLICE_MS = 500

/** The two ends of a connection, or a listener's own address, as the I/O worker writes them. */
export interface Addresses {
  readonly localAddress?: string
  readonly localPort?: number
  readonly remoteAddress?: string
  readonly remotePort?: number
}

/** One socket in the shared memory: a place in the table, and the number of the use that is made of it. */
export class Slot {
  readonly index: number
  readonly gen: number
  /** Where its words begin. */
  readonly at: number

  constructor(index: number, gen: number) {
    this.index = index
    this.gen = gen
    this.at = index << SLOT_SHIFT
  }

  /** The number that any thread can make a slot of again. */
  static from(handle: number): Slot {
    if (!Number.isSafeInteger(handle) || handle < 1)
      throw new TypeError(`Cannot use ${handle} as the handle of a socket`)
    return new Slot(handle % SLOTS, Math.floor(handle / SLOTS) | 0)
  }

  /** Takes a slot for a new socket. */
  static claim(action: NetAction, address: Address): Slot {
    ensureIoWorker()
    for (let tries = 0; tries < CLAIM_TRIES; tries += 1) {
      const start = Atomics.add(words, HINT, 1) >>> 0
      for (let count = 0; count < SLOTS - 1; count += 1) {
        const index = 1 + ((start + count) % (SLOTS - 1))
        const at = index << SLOT_SHIFT
        if (Atomics.compareExchange(words, at + STATE, 0, 1) !== 0) continue
        for (const word of CLEARED) Atomics.store(words, at + word, 0)
        return new Slot(index, Atomics.load(words, at + GEN))
      }
      ring(0)
      Atomics.wait(words, NEVER, 0, 1)
    }
    throw new NetError({ code: 'EMFILE', action, address })
  }

  get handle(): number {
    return (this.gen >>> 0) * SLOTS + this.index
  }

  load(word: number): number {
    return Atomics.load(words, this.at + word)
  }

  store(word: number, value: number): void {
    Atomics.store(words, this.at + word, value)
  }

  get flags(): number {
    return this.load(FLAGS)
  }

  /** Sets flags, and gives those that were set before. */
  flag(bits: number): number {
    return Atomics.or(words, this.at + FLAGS, bits)
  }

  /** False when the socket was closed and its place given up, perhaps to another. */
  get isCurrent(): boolean {
    return this.load(GEN) === this.gen
  }

  /** Asks the I/O worker to look. */
  ring(): void {
    ring(this.index)
  }

  /** While a slot is pinned, its place is not given to another. False when it has been given up already. */
  pin(): boolean {
    Atomics.add(words, this.at + PIN, 1)
    if (this.isCurrent) return true
    this.unpin()
    return false
  }

  unpin(): void {
    Atomics.sub(words, this.at + PIN, 1)
  }

  /** Wakes everybody who waits for something to receive, for room to send, or for a change. */
  wakeAll(): void {
    for (const [seq, waiting] of [
      [RX_SEQ, RX_WAITING],
      [TX_SEQ, TX_WAITING],
    ] as const) {
      Atomics.store(words, this.at + waiting, 0) // before the number rises: who sets it later stays known
      Atomics.add(words, this.at + seq, 1)
      Atomics.notify(words, this.at + seq)
    }
    this.signal()
  }

  signal(): void {
    Atomics.add(words, this.at + SIG, 1)
    Atomics.notify(words, this.at + SIG)
  }

  /** Stops this thread until the word has another value than `seen`, or until `end`. Wakes without a reason, too. */
  wait(word: number, seen: number, end: number): void {
    checkIoWorker() // it cannot go unnoticed after this: "seen" is old then
    if (end === Number.POSITIVE_INFINITY) Atomics.wait(words, this.at + word, seen)
    else Atomics.wait(words, this.at + word, seen, Math.max(0, end - performance.now()))
    checkIoWorker()
  }

  /** Stops this thread until one of the flags is set; false when `end` comes first. */
  waitForFlags(bits: number, end: number = Number.POSITIVE_INFINITY): boolean {
    while (true) {
      const seen = this.load(SIG)
      if (this.flags & bits) return true
      if (performance.now() >= end) return false
      this.wait(SIG, seen, end)
    }
  }

  /** The same without an end, and without stopping this thread: its event loop runs on, and stays alive until then. */
  async untilFlags(bits: number): Promise<void> {
    const alive = setInterval(Boolean, 2 ** 30) // waitAsync alone keeps no event loop alive
    try {
      for (let seen = this.load(SIG); (this.flags & bits) === 0; seen = this.load(SIG)) {
        checkIoWorker()
        await Atomics.waitAsync(words, this.at + SIG, seen).value
        checkIoWorker()
      }
    } finally {
      clearInterval(alive)
    }
  }

  /** Takes a lock; false when `end` comes first, or when `isLost` says that there is nothing left to wait for. */
  lock(word: number, end: number, isLost: () => boolean): boolean {
    const at = this.at + word
    if (Atomics.compareExchange(words, at, 0, 1) === 0) return true
    // 2 says that somebody waits, so that an unlock with nobody waiting costs no notify.
    while (Atomics.exchange(words, at, 2) !== 0) {
      const now = performance.now()
      if (now >= end || isLost()) return false
      Atomics.wait(words, at, 2, Math.min(LOCK_SLICE_MS, end - now))
    }
    return true
  }

  /** Takes a lock if nobody has it. */
  tryLock(word: number): boolean {
    return Atomics.compareExchange(words, this.at + word, 0, 1) === 0
  }

  unlock(word: number): void {
    if (Atomics.exchange(words, this.at + word, 0) === 2) Atomics.notify(words, this.at + word, 1)
  }

  /** Says what the I/O worker shall do: an operation and its arguments. */
  request(op: number, value: unknown): void {
    const text = JSON.stringify(value)
    if (Buffer.byteLength(text) > layout.REQUEST_BYTES) {
      this.store(STATE, 0) // nobody knows of it yet
      throw new RangeError('Cannot use a host name of more than 900 bytes')
    }
    this.store(layout.REQUEST_LENGTH, bytes.write(text, this.at * 4 + layout.REQUEST_AT))
    this.store(layout.OP, op)
    this.ring()
  }

  get addresses(): Addresses {
    return this.#read(layout.ADDRESS_AT, layout.ADDRESS_LENGTH) as Addresses
  }

  /** Why it failed: the code we give, and the error that node:net gave. */
  get failure(): { readonly code: string; readonly cause: Error } {
    const { reportedCode, message, ...rest } = this.#read(layout.ERROR_AT, layout.ERROR_LENGTH) as {
      reportedCode: string
      message: string
    }
    return { code: reportedCode, cause: Object.assign(new Error(message), rest) }
  }

  #read(at: number, lengthWord: number): unknown {
    const from = this.at * 4 + at
    return JSON.parse(bytes.toString('utf8', from, from + this.load(lengthWord)))
  }
}
