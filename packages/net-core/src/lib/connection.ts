import type { Socket } from 'node:net'
import { type Address, addressOf } from './address.ts'
import { FIN_PATIENCE_MS, FLUSH_PATIENCE_MS } from './defaults.ts'
import { isTelling, tell } from './events.ts'
import { Identity } from './identity.ts'
import { type ChunkListener, Inbound } from './inbound.ts'
import { LineReader } from './line-reader.ts'
import type { LineOptions } from './line-splitter.ts'
import { wrongMessage } from './message-type.ts'
import { Outbound, type TrySendResult } from './outbound.ts'
import { checkMs, type WaitOptions } from './wait.ts'

/** How a connection is closed. */
export interface CloseOptions {
  /**
   * Milliseconds for the whole of it. Without it, 30 s for a peer that takes none of the bytes queued here, counted
   * anew whenever it takes some, and then 1 s for its FIN.
   */
  readonly deadline?: number | undefined
}

/** The brake of a callback that gets chunks: see {@link Connection.onChunk}. */
export interface ChunkTap {
  /** No more chunks: what the peer sends waits in the system, then at the peer. */
  pause(): void
  resume(): void
  /**
   * Gives the connection back to `recv`, for a protocol that goes on as another one: no more calls, and the next `recv`
   * gets `unread`, what the listener had and did not use, and then what comes.
   */
  release(unread?: Uint8Array): void
}

/** How `trySend` sends. */
export interface TrySendOptions {
  /** Nothing is taken while more bytes than this are queued; 64 KiB when not said. */
  readonly limit?: number | undefined
  /** How a string becomes bytes; `latin1`, a byte for each character, spares it the detour by a Buffer. */
  readonly encoding?: 'utf8' | 'latin1' | undefined
  /** More follows in the same turn of the event loop: hold it back, so that all leaves in one write. */
  readonly more?: boolean | undefined
}

// What a listener that shuts down may do to its connections, and nobody else: the class fills these in.

/** Lets a `recv` that has waited `ms` without a byte give `null`. */
export let endWhenQuiet: (connection: Connection, ms: number) => void

/** Gives up a connection whose bytes and FIN are all with the system. False when some are not. */
export let letGo: (connection: Connection) => boolean

/**
 * Our end of one TCP connection: bytes in order in both directions, each of which ends on its own.
 *
 * Made by {@link Listener.accept} and {@link connect}. Who holds it closes it, best with `await using`, which closes
 * gracefully at the end of the block.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core'
 *
 * await using listener = await listen({ port: 0 })
 * await using client = await connect(listener.address)
 * await using connection = await listener.accept()
 *
 * await client.sendAll('oi\n')
 * console.log(await connection.recv()) // <Buffer 6f 69 0a>
 * await client.closeWrite()
 * console.log(await connection.recv()) // null: the peer has sent its last byte
 * ```
 */
export class Connection implements AsyncDisposable {
  readonly #socket: Socket
  readonly #id: Identity
  readonly #inbound: Inbound
  readonly #outbound: Outbound
  /** Called when the socket is gone, for who waits for that. */
  #onGone: (() => void) | undefined
  #closing: Promise<boolean> | undefined
  #isAborted = false
  #isGone = false

  /** Takes over an open socket of node:net; it must have been made with `allowHalfOpen`. */
  constructor(socket: Socket) {
    this.#socket = socket
    this.#id = new Identity(
      addressOf(socket.localAddress, socket.localPort),
      addressOf(socket.remoteAddress, socket.remotePort),
    )
    this.#inbound = new Inbound(socket, this.#id)
    this.#outbound = new Outbound(socket, this.#id, this.#inbound, this)
    socket.on('close', () => this.#leave())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
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

  /** Bytes that were sent and have not been handed to the system yet. */
  get queued(): number {
    return this.#outbound.queued
  }

  /** Bytes that the system has taken so far: while some are queued, this grows only if the peer reads. */
  get taken(): number {
    return this.#outbound.taken
  }

  /** Whether `close` or `abort` was called here, or the connection is over. */
  get isClosed(): boolean {
    return this.#closing !== undefined || this.#socket.destroyed
  }

  /**
   * Waits until something has come and gives 1 to `max` bytes of it, or `null` when the peer has sent its last byte
   * (EOF, its FIN); after `null`, always `null`. An empty line is not EOF: it is one byte, `\n`.
   *
   * TCP carries a stream of bytes: a chunk is not a message. What the peer sent in one piece may come in several, and
   * the other way round. A `recv` that is called off or times out loses no bytes: the next one gets them. Several may
   * wait at once and are served in the order of their calls.
   *
   * Waiting stops this function only; other functions of the thread go on. A `close` or an `abort` meanwhile wakes it
   * with `EBADF`.
   *
   * @param max Bytes at the most.
   * @throws {NetError} `ECONNRESET` when the peer broke the connection off and all that had come was received,
   * `ETIMEDOUT`, `ECANCELED`, `EBADF`. On Node 20 a reset that follows data may look like EOF: a protocol that must
   * know needs an end mark of its own.
   */
  recv(max = 65_536, options?: WaitOptions): Promise<Uint8Array | null> {
    return this.#inbound.recv(max, options)
  }

  /**
   * Sends every byte, in order and whole, also when several functions send at once. A string is sent as UTF-8.
   *
   * Resolves at once while at most 64 KiB are queued here; else it waits until the peer has read enough for the queue
   * to drain below that (backpressure). Resolved means handed over, not received: only an answer of the peer tells
   * that, and a short message to a peer that has gone may still resolve; the next call then fails. The bytes are not
   * copied: leave them unchanged until `queued` is 0.
   *
   * An empty message sends nothing; it waits its turn like any other.
   *
   * Calling it off may cut a message in two, so it aborts the connection.
   *
   * @throws {NetError} with `sent`, the bytes of this message that the system had surely taken: `ECONNRESET` or
   * `EPIPE` when the peer has gone or the FIN was sent, `ETIMEDOUT`, `ECANCELED`, `EBADF` after `close` or `abort`.
   * @throws {TypeError} when the message is neither a string nor a Uint8Array.
   */
  sendAll(data: Uint8Array | string, options?: WaitOptions): Promise<void> {
    const wrong = wrongMessage(data)
    if (wrong) return Promise.reject(wrong)
    return this.#outbound.sendAll(typeof data === 'string' ? Buffer.from(data) : data, options)
  }

  /**
   * Sends without ever waiting, and says what it did: `sent`, the system took it all; `queued`, some of it waits here;
   * `over`, nothing was taken because more than `limit` bytes are queued already; `closed`, nothing was taken
   * because this connection sends no more.
   *
   * @throws {TypeError} when the message is neither a string nor a Uint8Array.
   */
  trySend(data: Uint8Array | string, options?: TrySendOptions): TrySendResult {
    const wrong = wrongMessage(data)
    if (wrong) throw wrong
    const isUtf8 = typeof data === 'string' && options?.encoding !== 'latin1'
    return this.#outbound.trySend(isUtf8 ? Buffer.from(data) : data, options?.limit, options?.more)
  }

  /**
   * In the place of `recv`, for servers that count microseconds: calls `listener` with each chunk the moment it comes,
   * then once with `null` at EOF, or with `null` and the error: `EBADF` after `close` or `abort`. The listener must
   * not throw; to hold a fast peer back, pause the tap.
   */
  onChunk(listener: ChunkListener): ChunkTap {
    this.#inbound.tap(listener)
    return this.#inbound
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
   * Resolves when the system has it all.
   */
  closeWrite(): Promise<void> {
    return this.#outbound.end()
  }

  /**
   * Closes gracefully: hands all that was sent to the system, sends the FIN, and waits for the peer's, dropping what it
   * still sends. A `recv` that waits meanwhile is woken with `EBADF`. Resolves with true when the system has every
   * byte (it goes on delivering them; whether they arrive only an answer of the peer can tell), with false when some were
   * dropped: the peer did not take them in time, or was gone. Called again, it gives the same promise.
   */
  close({ deadline }: CloseOptions = {}): Promise<boolean> {
    checkMs(deadline, 'deadline')
    this.#closing ??= this.#close(deadline)
    return this.#closing
  }

  /** Breaks the connection off (RST): what is queued is dropped, and the peer gets `ECONNRESET`. */
  abort(): void {
    if (this.#socket.destroyed) return
    this.#isAborted = true
    this.#closing ??= Promise.resolve(false)
    this.#inbound.discard(this.#id.failure('recv', 'EBADF'))
    this.#outbound.fail(this.#id.failure('send', 'EBADF'))
    if (isTelling()) tell({ ...this.#id.facts, op: 'reset' })
    const { writableEnded, writableFinished, writableLength } = this.#socket
    // While the FIN is on its way node:net cannot reset (EINVAL), and would never tell that the socket is gone. All
    // bytes are with the system by then: giving the socket back is what is left to do.
    if (writableEnded && !writableFinished && writableLength === 0) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  /** `close` with its default deadlines. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(deadline: number | undefined): Promise<boolean> {
    const end = deadline === undefined ? undefined : performance.now() + deadline
    this.#inbound.discard(this.#id.failure('recv', 'EBADF'))
    await this.#flush(end)
    if (!this.#socket.writableFinished) {
      this.abort()
      await this.#gone()
      return false
    }
    const patience = end === undefined ? FIN_PATIENCE_MS : Math.max(0, end - performance.now())
    const timer = setTimeout(() => this.#socket.destroy(), patience) // all is with the system, which goes on alone
    await this.#gone()
    clearTimeout(timer)
    return !this.#isAborted
  }

  /** Resolves when the socket is gone. Made when somebody waits: most of its life nobody does. */
  #gone(): Promise<void> {
    if (this.#isGone) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onGone = resolve
    })
  }

  /** Waits until the system has all that was sent and the FIN, or until there is no hope of that. */
  async #flush(end: number | undefined): Promise<void> {
    let taken = this.taken
    let timer: NodeJS.Timeout | undefined
    const gaveUp = new Promise<void>((resolve) => {
      const look = (): void => {
        const hasMoved = this.taken > taken
        if (end !== undefined || !hasMoved) {
          resolve()
          return
        }
        taken = this.taken
        timer = setTimeout(look, FLUSH_PATIENCE_MS)
      }
      timer = setTimeout(look, end === undefined ? FLUSH_PATIENCE_MS : Math.max(0, end - performance.now()))
    })
    await Promise.race([this.#outbound.end('EBADF'), gaveUp])
    clearTimeout(timer)
  }

  #onError(error: NodeJS.ErrnoException): void {
    // EPIPE is how a peer that has gone shows when one sends to it.
    const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE'
    const code = isReset ? 'ECONNRESET' : (error.code ?? 'EIO')
    if (isTelling()) tell({ ...this.#id.facts, op: isReset ? 'reset' : 'error', code })
    this.#fail(code, error)
  }

  #leave(): void {
    // Gone without a FIN, an error or a word of ours: node:net hides some resets (EPIPE while nobody reads).
    const isComplete = this.#inbound.hasEnded && this.#socket.writableFinished
    if (this.#closing === undefined && !isComplete) this.#fail('ECONNRESET')
    if (isTelling()) tell({ ...this.#id.facts, op: 'close' })
    this.#isGone = true
    this.#onGone?.()
  }

  #fail(code: string, cause?: unknown): void {
    this.#inbound.fail(this.#id.failure('recv', code, cause))
    this.#outbound.fail(this.#id.failure('send', code, cause))
  }

  static {
    endWhenQuiet = (connection, ms) => connection.#inbound.endWhenQuiet(ms)
    letGo = (connection) => {
      if (!connection.#socket.writableFinished) return false
      connection.#socket.destroy()
      return true
    }
  }
}
