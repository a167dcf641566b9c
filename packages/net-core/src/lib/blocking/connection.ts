import { type Address, addressOf } from '../address.ts'
import { excerpt, isTelling, tell } from '../events.ts'
import { Identity } from '../identity.ts'
import type { LineOptions } from '../line-splitter.ts'
import { wrongMessage } from '../message-type.ts'
import { type NetAction, NetError } from '../net-error.ts'
import type { TrySendResult } from '../outbound.ts'
import { checkMs } from '../wait.ts'
import { endOf, type WaitOptions } from './deadline.ts'
import { layout } from './layout.ts'
import { LineReader } from './line-reader.ts'
import { bytes, checkIoWorker, flushAtExit, words } from './memory.ts'
import { makeShareable } from './shared.ts'
import { Slot } from './slot.ts'
import { Spin } from './spin.ts'

const { SLOTS, SLOT_WORDS, RX_BYTES, TX_BYTES, GEN, FLAGS, CONN, RESULT, RESULT_GEN, DEADLINE, SENDERS } = layout
const { RX_TAIL, RX_HEAD, RX_HIGH, RX_SEQ, RX_WAITING, RX_PAUSED, RX_LOCK } = layout
const { TX_TAIL, TX_HEAD, TX_HIGH, TX_SEQ, TX_WAITING, TX_LOCK } = layout
const { FAILED, EOF, FIN, CLOSING, ABORT, FINISHED, GONE } = layout
const { TOLD_EOF, TOLD_FIN, TOLD_RESET, TOLD_CLOSE } = layout

const RX_FROM = SLOTS * SLOT_WORDS * 4
const TX_FROM = RX_FROM + SLOTS * RX_BYTES
/** With any of these flags, nothing more is sent. */
const REFUSING = FAILED | FIN | CLOSING | GONE
const HIGH = 2 ** 32
/** `trySend` takes nothing while more than this is queued, unless it is told otherwise. */
const QUEUE_BYTES = 64 * 1024

const { copy } = Buffer.prototype

/** How a connection is closed. */
export interface CloseOptions {
  /**
   * Milliseconds for the whole of it. Without it, 30 s for a peer that takes none of the bytes queued here, counted
   * anew whenever it takes some, and then 1 s for its FIN.
   */
  readonly deadline?: number | undefined
}

/** A connection on its way to another thread. */
interface SharedConnection {
  readonly handle: number
  readonly conn: number
  readonly local: Address
  readonly peer: Address
}

/**
 * Our end of one TCP connection: bytes in order in both directions, each of which ends on its own. The same as the
 * `Connection` of `@fund/net-core`, with calls that stop the thread that makes them.
 *
 * Made by `Listener.accept` and {@link connect}. Any thread may use it, at the same time as others: what stands for it
 * everywhere is its `handle`, a number. Who holds it closes it, best with `using`, which closes gracefully at the end
 * of the block.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core/blocking'
 *
 * using listener = listen({ port: 0 })
 * using client = connect(listener.address)
 * using connection = listener.accept()
 *
 * client.sendAll('oi\n')
 * console.log(connection.recv()) // <Buffer 6f 69 0a>
 * client.closeWrite()
 * console.log(connection.recv()) // null: the peer has sent its last byte
 * connection.close()
 * client.close()
 * ```
 */
export class Connection implements Disposable {
  readonly #slot: Slot
  readonly #id: Identity
  readonly #spin = new Spin()
  #closed: boolean | undefined

  /** Made by `accept`, `connect` and {@link Connection.from}, which know what a slot is. */
  constructor(slot: Slot, id: Identity) {
    this.#slot = slot
    this.#id = id
  }

  /**
   * The connection that a handle stands for, in any thread of the process.
   *
   * @throws {NetError} `EBADF` when it was closed, or is a listener's. A handle is never used again for another connection.
   *
   * @example
   * ```ts
   * import { Connection, connect, listen } from '@fund/net-core/blocking'
   *
   * using listener = listen({ port: 0 })
   * using client = connect(listener.address)
   * const same = Connection.from(client.handle) // in a worker: Connection.from(workerData.handle)
   * same.sendAll('oi\n')
   * same.close()
   * ```
   */
  static from(handle: number): Connection {
    const slot = Slot.from(handle)
    const isThere = slot.pin()
    try {
      if (isThere && slot.load(CONN) !== 0) return new Connection(slot, identify(slot))
    } finally {
      if (isThere) slot.unpin()
    }
    throw new NetError({ code: 'EBADF', action: 'recv' })
  }

  /** What stands for this connection in every thread: send it there, and make it a connection with {@link Connection.from}. */
  get handle(): number {
    return this.#slot.handle
  }

  /** The connection's number in this process, the `conn` of its events. */
  get id(): number {
    return this.#id.conn
  }

  /** Our end. */
  get local(): Address {
    return this.#id.local
  }

  /** The other end. */
  get peer(): Address {
    return this.#id.peer
  }

  /** Bytes that were sent and have not been handed to the system yet: at most 128 KiB. */
  get queued(): number {
    const queued = (this.#slot.load(TX_TAIL) - this.#slot.load(TX_HEAD)) | 0
    return this.#slot.isCurrent ? queued : 0
  }

  /** Whether `close` or `abort` was called, in any thread, or the connection is over. */
  get isClosed(): boolean {
    return (this.#slot.flags & (CLOSING | GONE)) !== 0 || !this.#slot.isCurrent
  }

  /**
   * Stops this thread until something has come and gives 1 to `max` bytes of it, or `null` when the peer has sent its
   * last byte (EOF, its FIN); after `null`, always `null`. An empty line is not EOF: it is one byte, `\n`.
   *
   * TCP carries a stream of bytes: a chunk is not a message. What the peer sent in one piece may come in several, and
   * the other way round. A `recv` that times out loses no bytes: the next one gets them. Several threads may wait at
   * once; each byte goes to one of them.
   *
   * A `close` or an `abort` by another thread wakes it with `EBADF`.
   *
   * @param max Bytes at the most.
   * @throws {NetError} `ECONNRESET` when the peer broke the connection off and all that had come was received,
   * `ETIMEDOUT`, `EBADF`.
   */
  recv(max = 65_536, options?: WaitOptions): Uint8Array | null {
    if (!Number.isInteger(max) || max < 1) {
      throw new RangeError(`Cannot receive at most ${max} bytes: ask for a whole number from 1`)
    }
    const end = options === undefined ? Number.POSITIVE_INFINITY : endOf(options)
    const { at } = this.#slot
    let hasWaited = false
    while (true) {
      const seq = Atomics.load(words, at + RX_SEQ) // before looking, so that nothing that comes meanwhile is missed
      const chunk = this.#take(max, end)
      if (chunk !== undefined) return chunk
      if (end !== Number.POSITIVE_INFINITY && performance.now() >= end) throw this.#failure('recv', 'ETIMEDOUT')
      if (!hasWaited && isTelling()) tell({ ...this.#id.facts, op: 'wait', for: 'recv' })
      if (hasWaited || !this.#spin.hasChanged(at + RX_SEQ, seq)) {
        Atomics.store(words, at + RX_WAITING, 1)
        this.#slot.wait(RX_SEQ, seq, end)
      }
      hasWaited = true
    }
  }

  /** What is there: bytes, `null` at EOF, `undefined` when one has to wait. The lock keeps the slot ours meanwhile. */
  #take(max: number, end: number): Uint8Array | null | undefined {
    const slot = this.#slot
    const { at } = slot
    // Nearly always the lock is free: this path is what a server does all day, so it goes without the calls.
    if (Atomics.compareExchange(words, at + RX_LOCK, 0, 1) !== 0) this.#lockSlowly(end)
    try {
      const flags = Atomics.load(words, at + FLAGS) // before the tail: who sees the end here sees all before it
      if (Atomics.load(words, at + GEN) !== slot.gen || flags & CLOSING) throw this.#failure('recv', 'EBADF')
      const head = words[at + RX_HEAD] as number
      const there = (Atomics.load(words, at + RX_TAIL) - head) | 0
      if (there === 0) {
        if (flags & EOF) return this.#end()
        if (flags & FAILED) throw this.#broken('recv')
        return undefined
      }
      const chunk = copyOut(RX_FROM + slot.index * RX_BYTES, head, Math.min(max, there))
      if (isTelling()) {
        const offset = (head >>> 0) + (words[at + RX_HIGH] as number) * HIGH
        tell({ ...this.#id.facts, op: 'recv', n: chunk.length, offset, data: excerpt(chunk) })
      }
      advance(slot, RX_HEAD, RX_HIGH, chunk.length)
      if (Atomics.load(words, at + RX_PAUSED) !== 0 && there - chunk.length <= RX_BYTES / 2) slot.ring()
      return chunk
    } finally {
      slot.unlock(RX_LOCK)
    }
  }

  #lockSlowly(end: number): void {
    if (this.#slot.lock(RX_LOCK, end, () => this.isClosed)) return
    throw this.#failure('recv', this.isClosed ? 'EBADF' : 'ETIMEDOUT')
  }

  #end(): null {
    if ((this.#slot.flags & TOLD_EOF) === 0 && isTelling() && (this.#slot.flag(TOLD_EOF) & TOLD_EOF) === 0) {
      const { at } = this.#slot
      const offset = (Atomics.load(words, at + RX_TAIL) >>> 0) + (words[at + RX_HIGH] as number) * HIGH
      tell({ ...this.#id.facts, op: 'eof', offset })
    }
    return null
  }

  /**
   * Sends every byte, in order and whole, also when several threads send at once. A string is sent as UTF-8.
   *
   * Returns at once while at most 64 KiB are queued here; else it stops this thread until the peer has read
   * enough (backpressure). Returned means handed over, not received: only an answer of the peer tells that, and a short
   * message to a peer that has gone may still seem to go; the next call then fails. The bytes are copied.
   *
   * A timeout may cut a message in two, so it aborts the connection.
   *
   * @throws {NetError} with `sent`, the bytes of this message that the system had surely taken: `ECONNRESET` or
   * `EPIPE` when the peer has gone or the FIN was sent, `ETIMEDOUT`, `EBADF` after `close` or `abort`.
   * @throws {TypeError} when the message is neither a string nor a Uint8Array.
   */
  sendAll(data: Uint8Array | string, options?: WaitOptions): void {
    const wrong = wrongMessage(data)
    if (wrong) throw wrong
    const message = typeof data === 'string' ? Buffer.from(data) : data
    const end = options === undefined ? Number.POSITIVE_INFINITY : endOf(options)
    const slot = this.#slot
    const { at } = slot
    this.#enter()
    try {
      const flags = Atomics.load(words, at + FLAGS)
      if (flags & REFUSING || Atomics.load(words, at + GEN) !== slot.gen) throw this.#refusal()
      if (message.length === 0) return
      if (Atomics.compareExchange(words, at + TX_LOCK, 0, 1) !== 0 && !slot.lock(TX_LOCK, end, this.#isLost))
        this.#giveUp(0)
      try {
        // Nearly always there is room for all of it.
        const queued = ((words[at + TX_TAIL] as number) - Atomics.load(words, at + TX_HEAD) + message.length) | 0
        if (queued <= QUEUE_BYTES && message.length <= QUEUE_BYTES && !this.#isLost()) this.#put(message)
        else this.#send(message, end)
      } finally {
        slot.unlock(TX_LOCK)
      }
    } finally {
      this.#leave()
    }
  }

  /**
   * Sends without ever waiting, and says what it did: `sent`, the system took it all; `queued`, it is on its way to the
   * system; `over`, nothing was taken because more than `limit` bytes are queued already or the message does not fit
   * into the 128 KiB of the queue; `closed`, nothing was taken because this connection sends no more.
   *
   * @throws {TypeError} when the message is neither a string nor a Uint8Array.
   */
  trySend(data: Uint8Array | string, { limit = QUEUE_BYTES }: { limit?: number } = {}): TrySendResult {
    const wrong = wrongMessage(data)
    if (wrong) throw wrong
    const message = typeof data === 'string' ? Buffer.from(data) : data
    const slot = this.#slot
    this.#enter()
    try {
      if (this.#refuses) return 'closed'
      while (!slot.tryLock(TX_LOCK)) {
        if (slot.load(TX_WAITING)) return 'over' // a sendAll has the queue, and it is full
        if (this.#refuses) return 'closed'
        Atomics.wait(words, slot.at + TX_LOCK, 1, 0.05) // it is in the middle of copying
      }
      try {
        if (this.#refuses) return 'closed'
        const queued = this.queued
        if (queued > limit || queued + message.length > TX_BYTES) return 'over'
        if (message.length > 0) this.#put(message)
        return this.queued === 0 ? 'sent' : 'queued'
      } finally {
        slot.unlock(TX_LOCK)
      }
    } finally {
      this.#leave()
    }
  }

  /** From here until `#leave`, a close waits for this call, and the slot stays ours. */
  #enter(): void {
    checkIoWorker()
    Atomics.add(words, this.#slot.at + SENDERS, 1)
  }

  #leave(): void {
    const slot = this.#slot
    Atomics.sub(words, slot.at + SENDERS, 1)
    if (slot.flags & (FIN | CLOSING)) slot.ring() // it may be this call that the FIN waits for
    flushAtExit(slot.index)
  }

  /** Whether a message that is under way has no way left. */
  readonly #isLost = (): boolean => {
    const { at, gen } = this.#slot
    return (Atomics.load(words, at + FLAGS) & (FAILED | ABORT | GONE)) !== 0 || Atomics.load(words, at + GEN) !== gen
  }

  /** Sends a message piece by piece, as there is room. */
  #send(message: Uint8Array, end: number): void {
    const slot = this.#slot
    const start = slot.load(TX_TAIL)
    const taken = (): number => Math.max(0, Math.min(message.length, (slot.load(TX_HEAD) - start) | 0))
    let hasWaited = false
    let given = 0
    while (true) {
      const seq = slot.load(TX_SEQ)
      if (this.#isLost()) throw this.#lost(taken())
      const queued = (slot.load(TX_TAIL) - slot.load(TX_HEAD)) | 0
      if (given === message.length && queued <= QUEUE_BYTES) return
      const room = Math.min(TX_BYTES - queued, message.length - given)
      if (room > 0) {
        const piece = message.subarray(given, given + room)
        this.#put(piece)
        given += piece.length
        continue
      }
      if (performance.now() >= end) this.#giveUp(taken())
      if (!hasWaited && isTelling()) tell({ ...this.#id.facts, op: 'wait', for: 'send' })
      hasWaited = true
      slot.store(TX_WAITING, 1)
      slot.wait(TX_SEQ, seq, end)
    }
  }

  /** Puts bytes that fit into the queue. */
  #put(piece: Uint8Array): void {
    const slot = this.#slot
    const tail = words[slot.at + TX_TAIL] as number
    if (isTelling()) {
      const offset = (tail >>> 0) + (words[slot.at + TX_HIGH] as number) * HIGH
      tell({ ...this.#id.facts, op: 'send', n: piece.length, offset, data: excerpt(piece) })
    }
    copyIn(TX_FROM + slot.index * TX_BYTES, tail, piece)
    advance(slot, TX_TAIL, TX_HIGH, piece.length)
    slot.ring()
  }

  /** The time is over in the middle of a message, or before its turn: what follows would make no sense to the peer. */
  #giveUp(sent: number): never {
    const failure = this.isClosed ? this.#lost(sent) : this.#failure('send', 'ETIMEDOUT', undefined, sent)
    this.#break(FIN | CLOSING | ABORT)
    throw failure
  }

  #lost(sent: number): NetError {
    const flags = this.#slot.flags
    if (this.#slot.isCurrent && flags & FAILED && !(flags & ABORT)) return this.#broken('send', sent)
    return this.#failure('send', 'EBADF', undefined, sent)
  }

  get #refuses(): boolean {
    return (this.#slot.flags & REFUSING) !== 0 || !this.#slot.isCurrent
  }

  #refusal(): NetError {
    const { flags } = this.#slot
    if (!this.#slot.isCurrent || flags & CLOSING) return this.#failure('send', 'EBADF', undefined, 0)
    if (flags & FAILED) return this.#broken('send', 0)
    return this.#failure('send', 'EPIPE', undefined, 0)
  }

  /**
   * The lines the peer sends, without their ends (LF or CRLF), decoded as UTF-8. A last line that ends at EOF without
   * LF is given as well, and `isCut` of the reader then says so.
   */
  lines(options?: LineOptions): LineReader {
    return new LineReader(
      (max) => this.recv(max),
      () => this.close(),
      this.peer,
      options,
    )
  }

  /**
   * Half-close: sends the FIN behind all that was sent. The peer's `recv` gives `null` there; receiving goes on here.
   * Returns when the system has it all.
   */
  closeWrite(): void {
    const slot = this.#slot
    if (!slot.pin()) return
    try {
      slot.flag(FIN)
      slot.ring()
      slot.waitForFlags(FINISHED | GONE)
      this.#tellFin()
    } finally {
      slot.unpin()
    }
  }

  /**
   * Closes gracefully: hands all that was sent to the system, sends the FIN, and waits for the peer's, dropping what it
   * still sends. A `recv` that waits meanwhile is woken with `EBADF`. A `sendAll` that is under way in another thread
   * belongs to what was sent; it is woken with `EBADF` when the peer does not take it in time.
   *
   * Gives true when the system has every byte (it goes on delivering them; whether they arrive only an answer of the
   * peer can tell), false when some were dropped: the peer did not take them in time, or was gone. Called again, it
   * gives the same; in a thread that calls it long after another one did, false.
   */
  close({ deadline }: CloseOptions = {}): boolean {
    checkMs(deadline, 'deadline')
    if (this.#closed === undefined) {
      const slot = this.#slot
      if (!slot.pin()) {
        this.#closed = slot.load(RESULT_GEN) === slot.gen && slot.load(RESULT) === 1
        return this.#closed
      }
      try {
        if ((slot.flags & CLOSING) === 0) slot.store(DEADLINE, deadline ?? -1)
        this.#break(CLOSING)
      } finally {
        slot.unpin()
      }
    }
    return this.#closed ?? false
  }

  /** Breaks the connection off (RST): what is queued is dropped, and the peer gets `ECONNRESET`. */
  abort(): void {
    const slot = this.#slot
    if (!slot.pin()) return
    try {
      if ((slot.flags & (GONE | ABORT)) === 0 && isTelling()) this.#tellReset()
      this.#break(CLOSING | ABORT)
    } finally {
      slot.unpin()
    }
  }

  /** `close` with its default deadlines. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Sets the flags that end the connection, and stops this thread until it has ended. */
  #break(flags: number): void {
    const slot = this.#slot
    if (!slot.pin()) return
    try {
      slot.flag(flags)
      slot.wakeAll()
      slot.ring()
      slot.waitForFlags(GONE)
      this.#closed = slot.load(RESULT) === 1
      this.#tellFin()
      if (isTelling() && (slot.flag(TOLD_CLOSE) & TOLD_CLOSE) === 0) tell({ ...this.#id.facts, op: 'close' })
    } finally {
      slot.unpin()
    }
  }

  #tellFin(): void {
    const slot = this.#slot
    if ((slot.flags & FINISHED) === 0 || !isTelling() || slot.flag(TOLD_FIN) & TOLD_FIN) return
    const offset = (slot.load(TX_TAIL) >>> 0) + slot.load(TX_HIGH) * HIGH
    tell({ ...this.#id.facts, op: 'fin', offset })
  }

  #tellReset(code?: string): void {
    if (this.#slot.flag(TOLD_RESET) & TOLD_RESET) return
    const op = code === undefined || code === 'ECONNRESET' ? 'reset' : 'error'
    tell({ ...this.#id.facts, op, ...(code === undefined ? {} : { code }) })
  }

  /** The connection is broken: the failure of a call that meets it, told once. */
  #broken(action: NetAction, sent?: number): NetError {
    const { code, cause } = this.#slot.failure
    if (isTelling()) this.#tellReset(code)
    return this.#failure(action, code, cause, sent)
  }

  #failure(action: NetAction, code: string, cause?: unknown, sent?: number): NetError {
    return this.#id.failure(action, code, cause, sent)
  }

  static {
    makeShareable<Connection, SharedConnection>(Connection, {
      module: import.meta.url,
      name: 'fund:net Connection',
      take: ({ handle, id, local, peer }) => ({ handle, conn: id, local, peer }),
      revive: ({ handle, conn, local, peer }) => new Connection(Slot.from(handle), new Identity(local, peer, conn)),
    })
  }
}

/** Who is at the two ends of a slot; gives it a number if it has none yet. */
export function identify(slot: Slot): Identity {
  const { localAddress, localPort, remoteAddress, remotePort } = slot.addresses
  const conn = slot.load(CONN)
  const id = new Identity(addressOf(localAddress, localPort), addressOf(remoteAddress, remotePort), conn || undefined)
  if (conn === 0) slot.store(CONN, id.conn)
  return id
}

/** Moves a counter on, and counts how often it has wrapped. */
function advance(slot: Slot, word: number, high: number, count: number): void {
  const before = words[slot.at + word] as number
  const after = (before + count) | 0
  if (after >>> 0 < before >>> 0) Atomics.add(words, slot.at + high, 1)
  Atomics.store(words, slot.at + word, after)
}

// Buffer's own copy and not TypedArray.set, which moves shared memory word by word: it takes a third of the time.

function copyIn(circle: number, tail: number, data: Uint8Array): void {
  const from = tail & (TX_BYTES - 1)
  const first = Math.min(data.length, TX_BYTES - from)
  copy.call(data, bytes, circle + from, 0, first)
  if (data.length > first) copy.call(data, bytes, circle, first)
}

function copyOut(circle: number, head: number, count: number): Uint8Array {
  const from = head & (RX_BYTES - 1)
  const first = Math.min(count, RX_BYTES - from)
  const out = Buffer.allocUnsafe(count)
  bytes.copy(out, 0, circle + from, circle + from + first)
  if (count > first) bytes.copy(out, first, circle, circle + count - first)
  return out
}
