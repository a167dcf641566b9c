import { type Address, checkPort, formatAddress } from '../address.ts'
import { BACKLOG, SHUTDOWN_MS } from '../defaults.ts'
import { connectionLimit } from '../descriptor-limit.ts'
import { isTelling, tell } from '../events.ts'
import type { ListenerStats, ShutdownReport } from '../listener.ts'
import { NetError } from '../net-error.ts'
import { checkKeepAlive, checkMs } from '../wait.ts'
import { Connection, identify } from './connection.ts'
import { endOf, type WaitOptions } from './deadline.ts'
import { layout } from './layout.ts'
import { bytes, words } from './memory.ts'
import { makeShareable } from './shared.ts'
import { Slot } from './slot.ts'

const { SLOTS, SLOT_WORDS, RX_BYTES, RX_TAIL, RX_HEAD, RX_SEQ, RX_WAITING, RX_LOCK } = layout
const { RECORD_BYTES, RECORD_CONNECTION, CONN, DEADLINE, TAKEN } = layout
const { ACCEPTED, ACTIVE, PEAK, DROPPED, QUEUED, DRAINED, ABORTED } = layout
const { READY, FAILED, CLOSING, ABORT, GONE, LISTENING, SHUTDOWN, TOLD_CLOSE } = layout

const RX_FROM = SLOTS * SLOT_WORDS * 4
const BIND = 1
const NOTHING: ListenerStats = { accepted: 0, active: 0, peak: 0, dropped: 0, waiting: 0 }

/** What a listener is made with. */
export interface SocketOptions {
  /**
   * How many connections may be open at once; more are refused and counted as dropped. It is never more than the table
   * of sockets has room for (1,023 sockets in one process), nor, on Linux, than the descriptors this process has left,
   * less 16.
   */
  readonly maxConnections?: number | undefined
  /**
   * TCP keep-alive: after so many milliseconds without a byte the system asks the peer's whether it is still there, and
   * breaks the connection off (`ETIMEDOUT`) when there is no answer. Without it a peer whose machine has vanished is waited
   * for, for ever. Whole seconds, from 1000.
   */
  readonly keepAlive?: number | undefined
}

/** A listener on its way to another thread. */
interface SharedListener {
  readonly handle: number
  readonly address: Address
}

/** What `accept` finds in the queue. */
interface Arrival {
  readonly connection: Connection | undefined
  readonly dropped: readonly string[]
}

/**
 * A listening socket: it has an address, and from it come connections. It never carries bytes itself. The same as the
 * `Listener` of `@fund/net-core`, with calls that stop the thread that makes them.
 *
 * Made by {@link socket} (then call `bind` and `listen`) or by {@link listen}, which does all three. Any thread may use
 * it, at the same time as others: what stands for it everywhere is its `handle`, a number.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core/blocking'
 *
 * using listener = listen({ port: 0 })
 * const client = connect(listener.address)
 * client.sendAll('oi\n')
 * client.closeWrite()
 *
 * for (const connection of listener) {
 *   for (let data = connection.recv(); data; data = connection.recv()) connection.sendAll(data)
 *   connection.close()
 *   break
 * }
 * console.log(String(client.recv())) // oi
 * client.close()
 * ```
 */
export class Listener implements Disposable {
  readonly #options: SocketOptions
  #slot: Slot | undefined
  #address: Address | undefined
  #isClosed = false
  #stats: ListenerStats = NOTHING
  #report: ShutdownReport | undefined

  constructor(options: SocketOptions = {}) {
    const { maxConnections, keepAlive } = options
    if (maxConnections !== undefined && !(maxConnections >= 1)) {
      throw new RangeError(`Cannot hold ${maxConnections} connections: maxConnections is a number from 1`)
    }
    checkKeepAlive(keepAlive)
    this.#options = options
  }

  /**
   * The listener that a handle stands for, in any thread of the process.
   *
   * @throws {NetError} `EBADF` when it was closed, or is a connection's. A handle is never used again for another listener.
   *
   * @example
   * ```ts
   * import { Listener, listen } from '@fund/net-core/blocking'
   *
   * const listener = listen({ port: 0 })
   * const same = Listener.from(listener.handle) // in a worker: Listener.from(workerData.handle)
   * console.log(same.address) // { host: '127.0.0.1', port: 41234 }
   * same.close()
   * ```
   */
  static from(handle: number): Listener {
    const slot = Slot.from(handle)
    const isThere = slot.pin()
    try {
      const isConnection = slot.load(CONN) !== 0
      if (isThere && slot.flags & READY && !isConnection) return Listener.#of(slot, addressIn(slot))
    } finally {
      if (isThere) slot.unpin()
    }
    throw new NetError({ code: 'EBADF', action: 'accept' })
  }

  static #of(slot: Slot, address: Address): Listener {
    const listener = new Listener()
    listener.#slot = slot
    listener.#address = address
    return listener
  }

  /**
   * What stands for this listener in every thread: send it there, and make it a listener with {@link Listener.from}.
   *
   * @throws {NetError} `EINVAL` before `bind`.
   */
  get handle(): number {
    return this.#bound('listen').handle
  }

  /**
   * Where the listener listens; after `bind` to port 0, with the port that the system chose.
   *
   * @throws {NetError} `EINVAL` before `bind`.
   */
  get address(): Address {
    if (!this.#address) throw new NetError({ code: 'EINVAL', action: 'listen' })
    return this.#address
  }

  /** What it has seen, whichever thread asks. Once it is closed and its last connection has gone, what was seen last. */
  get stats(): ListenerStats {
    const slot = this.#slot
    if (!slot?.pin()) {
      this.#stats = { ...this.#stats, active: 0, waiting: 0 }
      return this.#stats
    }
    try {
      this.#stats = {
        accepted: slot.load(ACCEPTED),
        active: slot.load(ACTIVE),
        peak: slot.load(PEAK),
        dropped: slot.load(DROPPED),
        waiting: slot.load(QUEUED),
      }
      return this.#stats
    } finally {
      slot.unpin()
    }
  }

  /**
   * Gives the socket its address. Port 0 asks for any free one.
   *
   * The system listens from here on, and whoever connects before `listen` waits. So "address already in use" comes out
   * here, as it does in Python.
   *
   * @throws {NetError} `EADDRINUSE`, `EACCES` (ports below 1024), `EADDRNOTAVAIL`, `ENOTFOUND`; `EMFILE` when this process
   * has 1,023 sockets.
   * @throws {RangeError} when the port is not one.
   */
  bind({ host, port }: Address, { backlog = BACKLOG }: { backlog?: number | undefined } = {}): void {
    checkPort(port, 'listen on')
    const asked = { host, port }
    if (this.#isClosed) throw new NetError({ code: 'EBADF', action: 'listen', address: asked })
    if (this.#slot) throw new NetError({ code: 'EINVAL', action: 'listen', address: asked })
    const { maxConnections, keepAlive } = this.#options
    const most = connectionLimit(maxConnections ?? SLOTS)
    const slot = Slot.claim('listen', asked)
    slot.request(BIND, { host, port, backlog, most, keepAlive })
    slot.waitForFlags(READY | FAILED)
    if (slot.flags & FAILED) {
      const { code, cause } = slot.failure
      slot.flag(CLOSING)
      slot.ring()
      if (isTelling()) tell({ conn: 0, op: 'error', local: formatAddress(asked), code })
      throw new NetError({ code, action: 'listen', address: asked, cause })
    }
    this.#slot = slot
    this.#address = addressIn(slot)
    if (isTelling()) tell({ conn: 0, op: 'bind', local: formatAddress(this.#address) })
  }

  /**
   * Lets connections in, from here on for `accept` to take. `backlog` was settled by `bind`; the system takes connections
   * and node:net takes them from the system at once, whether or not anybody calls `accept` (their bytes wait).
   *
   * @throws {NetError} `EINVAL` before `bind`, `EBADF` after `close`.
   */
  listen(): void {
    const slot = this.#bound('listen')
    if (this.isClosed) throw new NetError({ code: 'EBADF', action: 'listen', address: this.#address })
    slot.flag(LISTENING)
    if (isTelling()) tell({ conn: 0, op: 'listen', local: formatAddress(this.address) })
  }

  /**
   * Stops this thread until somebody connects, and gives that connection: a new socket, of its own, beside this one.
   * Several threads may wait at once. `close` and `shutdown` by another thread wake it with `EBADF`. A peer's misfortune
   * never makes it fail.
   *
   * @throws {NetError} `EBADF` once the listener is closed, `EINVAL` before `listen`, `ETIMEDOUT`.
   */
  accept(options?: WaitOptions): Connection {
    const end = endOf(options)
    const slot = this.#bound('accept')
    let hasWaited = false
    while (true) {
      const seq = slot.load(RX_SEQ) // before looking, so that nobody who comes meanwhile is missed
      const { connection, dropped } = this.#take(slot, end)
      for (const peer of dropped) if (isTelling()) tell({ conn: 0, op: 'drop', peer, code: 'EMFILE' })
      if (connection) {
        if (isTelling()) tell({ conn: connection.id, op: 'accept', peer: formatAddress(connection.peer) })
        return connection
      }
      if (performance.now() >= end) throw this.#failure('ETIMEDOUT')
      if (!hasWaited && isTelling()) tell({ conn: 0, op: 'wait', for: 'accept', local: formatAddress(this.address) })
      hasWaited = true
      slot.store(RX_WAITING, 1)
      slot.wait(RX_SEQ, seq, end)
    }
  }

  /** `accept`, again and again, until the listener closes. Leaving the loop leaves the listener as it is. */
  *[Symbol.iterator](): Generator<Connection, void, void> {
    while (!this.isClosed) {
      let connection: Connection
      try {
        connection = this.accept()
      } catch (error) {
        if (this.isClosed && error instanceof NetError && error.code === 'EBADF') return
        throw error
      }
      yield connection
    }
  }

  /** Whether the listener accepts no more. */
  get isClosed(): boolean {
    const slot = this.#slot
    return this.#isClosed || (slot !== undefined && ((slot.flags & CLOSING) !== 0 || !slot.isCurrent))
  }

  /**
   * Stops listening: the port is free when it returns, a waiting `accept` is woken with `EBADF`, and connections that
   * nobody has taken are dropped (RST). Those that were taken live on.
   */
  close(): void {
    this.#end(CLOSING)
  }

  /**
   * Stops listening and lets what is under way in other threads finish. A connection whose peer says nothing more gets
   * the end of its stream: its `recv` gives `null`, as after shutdown(2) with SHUT_RD. What has not finished at the
   * deadline is reset. Called again, it gives the same report.
   *
   * Stops this thread meanwhile: connections that this thread still holds cannot finish, so close them before.
   */
  shutdown({ deadline = SHUTDOWN_MS }: { deadline?: number } = {}): ShutdownReport {
    checkMs(deadline, 'deadline')
    if (!this.#report) {
      const start = performance.now()
      const slot = this.#slot
      let ended = { drained: 0, aborted: 0 }
      if (slot?.pin()) {
        try {
          if ((slot.flags & CLOSING) === 0) slot.store(DEADLINE, deadline)
          this.#end(CLOSING | SHUTDOWN)
          ended = { drained: slot.load(DRAINED), aborted: slot.load(ABORTED) }
        } finally {
          slot.unpin()
        }
      } else this.#end(CLOSING)
      this.#report = { ...ended, ms: Math.round(performance.now() - start) }
    }
    return this.#report
  }

  /**
   * The same as `shutdown`, without stopping this thread: its event loop runs on, and stays alive until then. It is for a
   * main thread that hears signals while others block.
   */
  async shutdownAsync({ deadline = SHUTDOWN_MS }: { deadline?: number } = {}): Promise<ShutdownReport> {
    checkMs(deadline, 'deadline')
    const start = performance.now()
    const slot = this.#slot
    if (this.#report || !slot?.pin()) return this.shutdown({ deadline }) // it is over: nothing to wait for
    try {
      if ((slot.flags & CLOSING) === 0) slot.store(DEADLINE, deadline)
      this.#begin(slot, CLOSING | SHUTDOWN)
      await slot.untilFlags(GONE)
      this.#finish(slot)
      const ms = Math.round(performance.now() - start)
      this.#report ??= { drained: slot.load(DRAINED), aborted: slot.load(ABORTED), ms }
      return this.#report
    } finally {
      slot.unpin()
    }
  }

  /** Stops listening and resets every connection, at once; also those that a shutdown still gives time. */
  abort(): void {
    this.#end(CLOSING | ABORT)
  }

  /** `shutdown` with its default deadline. */
  [Symbol.dispose](): void {
    this.shutdown()
  }

  #bound(action: 'listen' | 'accept'): Slot {
    if (this.#slot) return this.#slot
    throw new NetError({ code: this.#isClosed ? 'EBADF' : 'EINVAL', action, address: this.#address })
  }

  /** Takes the first connection out of the queue that is still one. */
  #take(slot: Slot, end: number): Arrival {
    if (!slot.lock(RX_LOCK, end, () => this.isClosed)) throw this.#failure(this.isClosed ? 'EBADF' : 'ETIMEDOUT')
    const dropped: string[] = []
    try {
      if (!slot.isCurrent || slot.flags & CLOSING) throw this.#failure('EBADF')
      if ((slot.flags & LISTENING) === 0) throw this.#failure('EINVAL')
      for (let record = nextRecord(slot); record; record = nextRecord(slot)) {
        if (record.kind !== RECORD_CONNECTION) {
          dropped.push(record.peer)
          continue
        }
        const connection = this.#welcome(slot, new Slot(record.slot, record.gen))
        if (connection) return { connection, dropped }
      }
      return { connection: undefined, dropped }
    } finally {
      slot.unlock(RX_LOCK)
    }
  }

  #welcome(slot: Slot, arrival: Slot): Connection | undefined {
    const isBroken = (arrival.flags & FAILED) !== 0 && arrival.load(RX_TAIL) === 0
    if (Atomics.compareExchange(words, arrival.at + TAKEN, 0, isBroken ? 2 : 1) !== 0) return undefined
    Atomics.sub(words, slot.at + QUEUED, 1)
    if (isBroken) {
      // It broke off before anybody took it, and that is no news.
      arrival.flag(CLOSING | ABORT)
      arrival.ring()
      return undefined
    }
    Atomics.add(words, slot.at + ACCEPTED, 1)
    const active = Atomics.add(words, slot.at + ACTIVE, 1) + 1
    if (active > slot.load(PEAK)) slot.store(PEAK, active)
    return new Connection(arrival, identify(arrival))
  }

  /** Sets the flags that end the listener, and stops this thread until it has ended. */
  #end(flags: number): void {
    const slot = this.#slot
    if (!slot) {
      if (!this.#isClosed && isTelling()) tell({ conn: 0, op: 'close', ...this.#local })
      this.#isClosed = true
      return
    }
    if (!slot.pin()) return
    try {
      this.#begin(slot, flags)
      slot.waitForFlags(GONE)
      this.#finish(slot)
    } finally {
      slot.unpin()
    }
  }

  #begin(slot: Slot, flags: number): void {
    slot.flag(flags)
    slot.wakeAll()
    slot.ring()
  }

  /** Keeps what was seen last, and tells the end, if nobody has yet. */
  #finish(slot: Slot): void {
    void this.stats
    if (!isTelling() || slot.flag(TOLD_CLOSE) & TOLD_CLOSE) return
    for (let record = nextRecord(slot); record; record = nextRecord(slot)) {
      const code = record.kind === RECORD_CONNECTION ? 'EBADF' : 'EMFILE'
      tell({ conn: 0, op: 'drop', peer: record.peer, code })
    }
    tell({ conn: 0, op: 'close', ...this.#local })
  }

  get #local(): { readonly local?: string } {
    return this.#address ? { local: formatAddress(this.#address) } : {}
  }

  #failure(code: string): NetError {
    return new NetError({ code, action: 'accept', address: this.#address })
  }

  static {
    makeShareable<Listener, SharedListener>(Listener, {
      module: import.meta.url,
      name: 'fund:net Listener',
      take: ({ handle, address }) => ({ handle, address }),
      revive: ({ handle, address }) => Listener.#of(Slot.from(handle), address),
    })
  }
}

function addressIn(slot: Slot): Address {
  const { localAddress, localPort } = slot.addresses
  return { host: localAddress ?? '', port: localPort ?? 0 }
}

interface QueueRecord {
  readonly kind: number
  readonly slot: number
  readonly gen: number
  readonly peer: string
}

/** Takes a record out of the queue of a listener. */
function nextRecord(slot: Slot): QueueRecord | undefined {
  const head = slot.load(RX_HEAD)
  if (head === slot.load(RX_TAIL)) return undefined
  const from = RX_FROM + slot.index * RX_BYTES + (head & (RX_BYTES - 1))
  const record = {
    kind: bytes.readInt32LE(from),
    slot: bytes.readInt32LE(from + 4),
    gen: bytes.readInt32LE(from + 8),
    peer: bytes.toString('utf8', from + 16, from + 16 + bytes.readInt32LE(from + 12)),
  }
  slot.store(RX_HEAD, (head + RECORD_BYTES) | 0)
  return record
}
