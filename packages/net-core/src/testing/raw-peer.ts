import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Address, addressOf } from '../lib/address.ts'
import { PATIENCE_MS } from './patience.ts'
import { until } from './until.ts'

/** How a raw peer behaves. */
export interface RawPeerOptions {
  /** False for one that never reads, until `read` is called. */
  readonly isReading?: boolean
  /** True for one that goes on after our FIN; the others answer it with theirs. */
  readonly holdsOn?: boolean
}

/**
 * The other end of a connection under test: a bare socket of node:net, none of whose parts is ours. It does what a
 * well-behaved program would not.
 */
export class RawPeer implements AsyncDisposable {
  readonly socket: Socket
  /** Its own port. */
  readonly port: number
  /** How its stream ended: `FIN`, or the code of the error. */
  ending: string | undefined
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(socket: Socket, { isReading = true, holdsOn = false }: RawPeerOptions = {}) {
    this.socket = socket
    this.port = socket.localPort ?? 0
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.ending ??= error.code ?? error.message
    })
    socket.on('end', () => {
      this.ending ??= 'FIN'
      if (!holdsOn) this.finish()
    })
    if (isReading) this.read()
  }

  /** How many bytes it has read and nobody has asked for. */
  get heard(): number {
    return this.#bytes
  }

  /** Begins to read. */
  read(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#bytes += chunk.length
    })
  }

  /** Sends; resolves when the system has it all. */
  send(data: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(data, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Sends one byte at a time, each in a turn of its own. */
  async drip(data: Uint8Array | string): Promise<void> {
    for (const byte of Buffer.from(data)) {
      await this.send(Uint8Array.of(byte))
      await nextTurn()
    }
  }

  /** Half-closes: the FIN, while it goes on reading. */
  finish(): void {
    this.socket.end()
  }

  /** Breaks the connection off: RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** The next `count` bytes. */
  async hears(count: number, deadlineMs: number = PATIENCE_MS): Promise<Buffer> {
    await until(
      `the peer has heard ${count} bytes`,
      () => this.#bytes >= count || this.ending !== undefined,
      deadlineMs,
    )
    if (this.#bytes < count) throw new Error(`The peer heard ${this.#bytes} of ${count} bytes, then ${this.ending}`)
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all.subarray(count)]
    this.#bytes -= count
    return all.subarray(0, count)
  }

  /** All that comes until the FIN. */
  async hearsAll(deadlineMs: number = PATIENCE_MS): Promise<Buffer> {
    const ending = await this.ends(deadlineMs)
    if (ending !== 'FIN') throw new Error(`The peer heard ${this.#bytes} bytes, then ${ending}`)
    return this.hears(this.#bytes)
  }

  /** How its stream ends: `FIN`, or the code of the error. */
  async ends(deadlineMs: number = PATIENCE_MS): Promise<string> {
    await until('the peer has heard the end', () => this.ending !== undefined, deadlineMs)
    return this.ending as string
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
  }
}

/** Connects as a raw peer. */
export async function rawPeer({ host, port }: Address, options?: RawPeerOptions): Promise<RawPeer> {
  const socket = createConnection({ host, port, allowHalfOpen: true, noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.removeAllListeners('error')
  return new RawPeer(socket, options)
}

/** Whether nobody listens there any more. */
export async function isRefused(address: Address): Promise<boolean> {
  try {
    await using _peer = await rawPeer(address)
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNRESET') return false // it closed just now: the next one will tell
    if (code !== 'ECONNREFUSED') throw error
    return true
  }
}

/** A listening socket of node:net, whose connections are raw peers. */
export class RawListener implements AsyncDisposable {
  readonly #server: Server
  readonly peers: RawPeer[] = []

  constructor(server: Server, options?: RawPeerOptions) {
    this.#server = server
    server.on('connection', (socket) => this.peers.push(new RawPeer(socket, options)))
  }

  get address(): Address {
    const bound = this.#server.address()
    return typeof bound === 'string' ? addressOf(bound, 0) : addressOf(bound?.address, bound?.port)
  }

  /** The peer at the other end of the next connection. */
  async accept(): Promise<RawPeer> {
    await until('somebody connects', () => this.peers.length > 0)
    return this.peers.shift() as RawPeer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.peers) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Listens with node:net; port 0, which is the usual, takes any free one. */
export async function rawListener(address: Partial<Address> = {}, options?: RawPeerOptions): Promise<RawListener> {
  const { host = '127.0.0.1', port = 0 } = address
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: options?.isReading === false })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, resolve)
  })
  return new RawListener(server, options)
}
