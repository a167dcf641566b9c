import { createServer, type Server, type Socket } from 'node:net'
import { type Address, addressOf, checkPort, formatAddress } from './address.ts'
import { Connection, endWhenQuiet, letGo } from './connection.ts'
import { BACKLOG, QUIET_MS, SHUTDOWN_MS } from './defaults.ts'
import { connectionLimit } from './descriptor-limit.ts'
import { isTelling, tell } from './events.ts'
import { NetError, toNetError } from './net-error.ts'
import { checkKeepAlive, checkMs, type WaitOptions, watchWait, wrongMs } from './wait.ts'
import { type Waiter, Waiters } from './waiters.ts'

/** What a listener is made with. */
export interface SocketOptions {
  /**
   * How many connections may be open at once; more are refused and counted as dropped. On Linux it is never more than
   * the descriptors this process has left, less 16.
   */
  readonly maxConnections?: number | undefined
  /**
   * TCP keep-alive: after so many milliseconds without a byte the system asks the peer's whether it is still there, and
   * breaks the connection off (`ETIMEDOUT`) when there is no answer. Without it a peer whose machine has vanished is waited
   * for, for ever. Whole seconds, from 1000.
   */
  readonly keepAlive?: number | undefined
  /** Shuts the listener down when it fires. */
  readonly signal?: AbortSignal | undefined
}

/** What a listener has seen. */
export interface ListenerStats {
  /** Connections that the program took by `accept`. */
  readonly accepted: number
  /** Of those, the ones that are open. */
  readonly active: number
  /** The most that were open at once. */
  readonly peak: number
  /** Connections refused at the limit, or never taken before the listener closed. */
  readonly dropped: number
  /** Connections that wait to be taken. */
  readonly waiting: number
}

/** How a shutdown ended. */
export interface ShutdownReport {
  /** Connections that finished, their bytes all handed to the system. */
  readonly drained: number
  /** Connections that did not, and were reset at the deadline. */
  readonly aborted: number
  readonly ms: number
}

/** What `serve` does with each connection. */
export type ConnectionHandler = (connection: Connection) => Promise<void> | void

interface Accepting extends Waiter {
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: unknown) => void
}

const openListeners = new Set<Listener>()

/** The listeners of this thread that are bound and not closed: what a program has to shut down. */
export function listeners(): readonly Listener[] {
  return [...openListeners]
}

/**
 * A listening socket: it has an address, and from it come connections. It never carries bytes itself.
 *
 * Made by {@link socket} (then call `bind` and `listen`) or by {@link listen}, which does all three.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core'
 *
 * const listener = await listen({ port: 0 })
 * const serving = listener.serve(async (connection) => {
 *   for (let data = await connection.recv(); data; data = await connection.recv()) await connection.sendAll(data)
 * })
 *
 * const client = await connect(listener.address)
 * await client.sendAll('oi\n')
 * console.log(String(await client.recv())) // oi
 * await client.close()
 *
 * console.log(await listener.shutdown({ deadline: 1000 })) // { drained: 0 or 1, aborted: 0, ms: … }
 * await serving
 * ```
 */
export class Listener implements AsyncDisposable {
  readonly #server: Server
  readonly #options: SocketOptions
  readonly #unwatch: () => void
  #state: 'new' | 'binding' | 'bound' | 'listening' | 'closed' = 'new'
  #address: Address | undefined
  #waiting: Socket[] = []
  readonly #acceptings = new Waiters<Accepting>()
  readonly #active = new Set<Connection>()
  #accepted = 0
  #peak = 0
  #dropped = 0
  #aborted = 0
  #onDrained: (() => void) | undefined
  #shutdown: Promise<ShutdownReport> | undefined

  constructor(options: SocketOptions = {}) {
    const { maxConnections, keepAlive, signal } = options
    if (maxConnections !== undefined && !(maxConnections >= 1)) {
      throw new RangeError(`Cannot hold ${maxConnections} connections: maxConnections is a number from 1`)
    }
    checkKeepAlive(keepAlive)
    this.#options = options
    const shutdown = (): void => void this.shutdown()
    this.#unwatch = watchWait({ signal }, shutdown, shutdown) // without a timeout, only the signal can come
    // Half-open: the peer's FIN must not end what we still have to say. Paused: its bytes wait until somebody receives.
    this.#server = createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: keepAlive !== undefined,
      keepAliveInitialDelay: keepAlive ?? 0,
    })
    this.#server.on('connection', (socket) => this.#onConnection(socket))
    this.#server.on('drop', (data) => this.#onDrop(addressOf(data?.remoteAddress, data?.remotePort)))
    if (isTelling()) tell({ conn: 0, op: 'socket' })
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

  get stats(): ListenerStats {
    return {
      accepted: this.#accepted,
      active: this.#active.size,
      peak: this.#peak,
      dropped: this.#dropped,
      waiting: this.#waiting.length,
    }
  }

  /**
   * Gives the socket its address. Port 0 asks for any free one.
   *
   * node:net has no bind of its own: the system listens from here on, and whoever connects before `listen` waits.
   * So "address already in use" comes out here, as it does in Python.
   *
   * @throws {NetError} `EADDRINUSE`, `EACCES` (ports below 1024), `EADDRNOTAVAIL`, `ENOTFOUND`.
   * @throws {RangeError} when the port is not one.
   */
  async bind({ host, port }: Address, { backlog = BACKLOG }: { backlog?: number | undefined } = {}): Promise<void> {
    checkPort(port, 'listen on')
    const asked = { host, port }
    const { signal } = this.#options
    if (signal?.aborted) {
      throw new NetError({ code: 'ECANCELED', action: 'listen', address: asked, cause: signal.reason })
    }
    if (this.#state === 'closed') throw new NetError({ code: 'EBADF', action: 'listen', address: asked })
    if (this.#state !== 'new') throw new NetError({ code: 'EINVAL', action: 'listen', address: asked })
    this.#state = 'binding'
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject)
        this.#server.listen({ host, port, backlog }, () => {
          this.#server.off('error', reject)
          resolve()
        })
      })
    } catch (error) {
      if (!this.isClosed) this.#state = 'new'
      const failure = toNetError(error, 'listen', asked)
      if (isTelling()) tell({ conn: 0, op: 'error', local: formatAddress(asked), code: failure.code })
      throw failure
    }
    if (this.isClosed) {
      this.#server.close() // somebody closed the listener while the system was asked
      throw new NetError({ code: 'EBADF', action: 'listen', address: asked })
    }
    this.#state = 'bound'
    this.#onBound()
  }

  /**
   * Lets connections in, from here on for `accept` to take. `backlog` was settled by `bind`; the system takes connections
   * and node:net takes them from the system at once, whether or not anybody calls `accept` (their bytes wait).
   *
   * @throws {NetError} `EINVAL` before `bind`, `EBADF` after `close`.
   */
  async listen(): Promise<void> {
    if (this.#state === 'closed') throw new NetError({ code: 'EBADF', action: 'listen', address: this.#address })
    if (!this.#address) throw new NetError({ code: 'EINVAL', action: 'listen' })
    this.#state = 'listening'
    if (isTelling()) tell({ conn: 0, op: 'listen', local: formatAddress(this.address) })
  }

  /**
   * Waits until somebody connects, and gives that connection: a new socket, of its own, beside this one. Several may
   * wait at once. `close` and `shutdown` wake it with `EBADF`. A peer's misfortune never makes it fail.
   *
   * @throws {NetError} `EBADF` once the listener is closed, `EINVAL` before `listen`, `ETIMEDOUT`, `ECANCELED`.
   */
  accept(options?: WaitOptions): Promise<Connection> {
    if (this.#state !== 'listening') return Promise.reject(this.#failure(this.#state === 'closed' ? 'EBADF' : 'EINVAL'))
    if (options?.signal?.aborted) return Promise.reject(this.#failure('ECANCELED', options.signal.reason))
    const wrong = wrongMs(options?.timeout, 'timeout')
    if (wrong) return Promise.reject(wrong)
    for (let socket = this.#waiting.shift(); socket; socket = this.#waiting.shift()) {
      if (!socket.destroyed) return Promise.resolve(this.#take(socket))
    }
    if (isTelling()) tell({ conn: 0, op: 'wait', for: 'accept', local: formatAddress(this.address) })
    return new Promise((resolve, reject) => {
      const accepting: Accepting = { resolve, reject }
      if (options) {
        const leave = (code: string, cause?: unknown): void => {
          this.#acceptings.remove(accepting)
          reject(this.#failure(code, cause))
        }
        accepting.unwatch = watchWait(
          options,
          (reason) => leave('ECANCELED', reason),
          () => leave('ETIMEDOUT'),
        )
      }
      this.#acceptings.push(accepting)
    })
  }

  /** `accept`, again and again, until the listener closes. Leaving the loop leaves the listener as it is. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Connection, void, void> {
    while (!this.isClosed) {
      let connection: Connection
      try {
        connection = await this.accept()
      } catch (error) {
        if (this.isClosed && error instanceof NetError && error.code === 'EBADF') return
        throw error
      }
      yield connection
    }
  }

  /** Whether the listener accepts no more. */
  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /**
   * A task for each connection: calls `handler`, lets nobody wait for it, and closes the connection when it is done. One
   * that throws ends its own connection only. Resolves when the listener is closed and every task has ended.
   *
   * @param options.onError Is told what a handler threw. By default the failures of the network, which the events
   * tell already, pass in silence, and anything else is printed on stderr with its stack.
   */
  async serve(
    handler: ConnectionHandler,
    { onError = reportError }: { onError?: (error: unknown, connection: Connection) => void } = {},
  ): Promise<void> {
    const tasks = new Set<Promise<void>>()
    for await (const connection of this) {
      const task = handle(connection, handler, onError).finally(() => tasks.delete(task))
      tasks.add(task)
    }
    await Promise.all(tasks)
  }

  /**
   * Stops listening: the port is free when it resolves, a waiting `accept` is woken with `EBADF`, and connections that
   * nobody has taken are dropped (RST). Those that were taken live on.
   */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    const wasBound = this.#address !== undefined
    this.#state = 'closed'
    openListeners.delete(this)
    this.#unwatch()
    for (let accepting = this.#acceptings.shift(); accepting; accepting = this.#acceptings.shift()) {
      accepting.reject(this.#failure('EBADF'))
    }
    for (const socket of this.#waiting.splice(0)) {
      if (socket.destroyed) continue
      this.#onDrop(addressOf(socket.remoteAddress, socket.remotePort))
      socket.resetAndDestroy()
    }
    if (wasBound) this.#server.close()
    if (isTelling()) tell({ conn: 0, op: 'close', ...(wasBound ? { local: formatAddress(this.address) } : {}) })
    await new Promise((resolve) => setImmediate(resolve)) // libuv gives the descriptor back at the end of this turn
  }

  /**
   * Stops listening and lets what is under way finish. A connection whose peer says nothing more gets the end of its
   * stream: its `recv` gives `null`, as after shutdown(2) with SHUT_RD. What has not finished at the deadline is reset.
   * Called again, it gives the same promise.
   */
  shutdown({ deadline = SHUTDOWN_MS }: { deadline?: number } = {}): Promise<ShutdownReport> {
    checkMs(deadline, 'deadline')
    this.#shutdown ??= this.#drain(deadline)
    return this.#shutdown
  }

  /** Stops listening and resets every connection, at once. */
  abort(): void {
    void this.close()
    for (const connection of this.#active) this.#abortOne(connection)
  }

  /** `shutdown` with its default deadline. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown()
  }

  async #drain(deadline: number): Promise<ShutdownReport> {
    const start = performance.now()
    const open = [...this.#active]
    await this.close()
    for (const connection of this.#active) endWhenQuiet(connection, Math.min(QUIET_MS, deadline / 5))
    await this.#untilDrained(deadline)
    for (const connection of this.#active) if (!letGo(connection)) this.#abortOne(connection)
    const aborted = this.#aborted
    return { drained: open.length - aborted, aborted, ms: Math.round(performance.now() - start) }
  }

  #abortOne(connection: Connection): void {
    this.#aborted += 1
    connection.abort()
  }

  async #untilDrained(deadline: number): Promise<void> {
    if (this.#active.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadline)
      this.#onDrained = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #onBound(): void {
    const bound = this.#server.address()
    if (bound === null || typeof bound === 'string') throw new NetError({ code: 'EINVAL', action: 'listen' })
    this.#address = { host: bound.address, port: bound.port }
    this.#server.maxConnections = connectionLimit(this.#options.maxConnections)
    this.#server.on('error', (error) => this.#onError(error))
    openListeners.add(this)
    if (isTelling()) tell({ conn: 0, op: 'bind', local: formatAddress(this.#address) })
  }

  /** accept(2) itself failed (Windows, cluster): node:net goes on listening, and so do we. */
  #onError(error: NodeJS.ErrnoException): void {
    if (isTelling()) tell({ conn: 0, op: 'error', code: error.code ?? 'EIO' })
  }

  #onConnection(socket: Socket): void {
    const accepting = this.#acceptings.shift()
    if (accepting) {
      accepting.resolve(this.#take(socket))
      return
    }
    socket.on('error', ignoreWhileWaiting)
    void socket.remoteAddress // node:net keeps it from here on; of a peer that has gone the system tells it no more
    this.#waiting.push(socket)
  }

  #take(socket: Socket): Connection {
    const connection = new Connection(socket)
    socket.off('error', ignoreWhileWaiting)
    this.#accepted += 1
    this.#active.add(connection)
    this.#peak = Math.max(this.#peak, this.#active.size)
    socket.on('close', () => {
      this.#active.delete(connection)
      if (this.#active.size === 0) this.#onDrained?.()
    })
    if (isTelling()) tell({ conn: connection.id, op: 'accept', peer: formatAddress(connection.peer) })
    return connection
  }

  #onDrop(peer: Address): void {
    this.#dropped += 1
    if (isTelling()) tell({ conn: 0, op: 'drop', peer: formatAddress(peer), code: this.isClosed ? 'EBADF' : 'EMFILE' })
  }

  #failure(code: string, cause?: unknown): NetError {
    return new NetError({ code, action: 'accept', address: this.#address, cause })
  }
}

/** A connection that breaks before anybody took it is no news; `accept` passes it over. */
function ignoreWhileWaiting(): void {
  // on purpose
}

async function handle(
  connection: Connection,
  handler: ConnectionHandler,
  onError: (error: unknown, connection: Connection) => void,
): Promise<void> {
  try {
    await handler(connection)
  } catch (error) {
    onError(error, connection)
  } finally {
    await connection.close()
  }
}

function reportError(error: unknown, connection: Connection): void {
  if (error instanceof NetError) return
  console.error(`The handler of ${formatAddress(connection.peer)} failed:`, error)
}
