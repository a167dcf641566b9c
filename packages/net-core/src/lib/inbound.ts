import type { Socket } from 'node:net'
import { excerpt, isTelling, tell } from './events.ts'
import type { Identity } from './identity.ts'
import type { NetError } from './net-error.ts'
import { type WaitOptions, watchWait, wrongMs } from './wait.ts'
import { type Waiter, Waiters } from './waiters.ts'

/** What may lie here unread; above it the socket is paused, the system's buffer fills, and the peer has to wait. */
const HIGH_WATER_BYTES = 256 * 1024
const LOW_WATER_BYTES = 64 * 1024

interface Receiving extends Waiter {
  readonly max: number
  readonly resolve: (data: Uint8Array | null) => void
  readonly reject: (error: unknown) => void
}

/** A callback in the place of `recv`: see Connection.onChunk. */
export type ChunkListener = (chunk: Uint8Array | null, error?: NetError) => void

/**
 * The direction from the peer to us. Chunks are queued as node:net gives them and handed out as `recv` asks for them.
 *
 * The stream's own async iterator is not used: on Node 20 leaving it destroys a half-open socket (nodejs/node#49073).
 */
export class Inbound {
  readonly #socket: Socket
  readonly #id: Identity
  #chunks: Uint8Array[] = []
  #bytes = 0
  #offset = 0
  readonly #waiters = new Waiters<Receiving>()
  #tap: ChunkListener | undefined
  #isReading = false
  #isPaused = false
  #isDiscarding = false
  #hasEnded = false // the peer's FIN has come
  #hasToldEnd = false
  #error: NetError | undefined
  #quietMs: number | undefined
  #quietTimer: NodeJS.Timeout | undefined

  constructor(socket: Socket, id: Identity) {
    this.#socket = socket
    this.#id = id
    socket.on('end', () => this.#onEnd()) // from the start: a FIN that comes alone is told once, read or not
  }

  /** Whether the peer's FIN has come. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** The first chunk that waits for `recv`, or what is left of it. */
  get unread(): Uint8Array | undefined {
    return this.#chunks[0]
  }

  recv(max: number, options: WaitOptions | undefined): Promise<Uint8Array | null> {
    if (!Number.isInteger(max) || max < 1) {
      return Promise.reject(new RangeError(`Cannot receive at most ${max} bytes: ask for a whole number from 1`))
    }
    if (this.#tap) {
      return Promise.reject(new TypeError('Cannot receive: the bytes of this connection go to onChunk'))
    }
    const refusal = options && this.#refusal(options)
    if (refusal) return Promise.reject(refusal)
    if (this.#bytes > 0 && this.#waiters.first === undefined) return Promise.resolve(this.#take(max))
    if (this.#error) return Promise.reject(this.#error)
    if (this.#hasEnded) return Promise.resolve(this.#end())
    return this.#wait(max, options)
  }

  #refusal({ signal, timeout }: WaitOptions): Error | undefined {
    if (signal?.aborted) return this.#id.failure('recv', 'ECANCELED', signal.reason)
    return wrongMs(timeout, 'timeout')
  }

  /** Gives every chunk to `listener` as it comes, without a queue between. */
  tap(listener: ChunkListener): void {
    if (this.#tap || this.#waiters.first) throw new TypeError('Cannot tap: somebody is already receiving here')
    this.#tap = listener
    this.#isPaused = false
    this.#read()
    this.#socket.resume() // recv may have let it pause
    queueMicrotask(() => this.#runTap()) // the caller has the tap in hand before its listener is called
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#tap && this.#quietMs !== undefined) this.#watchQuiet(this.#quietMs)
    this.#runTap()
    if (!this.#isPaused && this.#isReading) this.#socket.resume()
  }

  /** Takes the tap away; `unread` is received once more, by `recv`. */
  release(unread: Uint8Array | undefined): void {
    this.#tap = undefined
    if (unread && unread.length > 0) {
      this.#offset -= unread.length
      this.#bytes += unread.length
      this.#chunks.unshift(unread)
    }
    if (this.#isPaused) this.resume()
  }

  /** From now on what comes is dropped: the program has closed, and only the peer's FIN is still of interest. */
  discard(error: NetError): void {
    this.#isDiscarding = true
    this.#chunks = []
    this.#bytes = 0
    this.#isPaused = false // a paused tap hears of its end, too
    this.fail(error)
    if (!this.#socket.destroyed) {
      this.#read()
      this.#socket.resume()
    }
  }

  /** Nothing more will come, and this is why. What has come already can still be received. */
  fail(error: NetError): void {
    // After the peer's last byte there is nothing left that could fail, but for a program that receives after its close.
    if (this.#error || (this.#hasEnded && error.code !== 'EBADF')) return
    this.#error = error
    clearTimeout(this.#quietTimer)
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift()) waiter.reject(error)
    this.#runTap()
  }

  /**
   * Ends the direction for a program that waits for a peer that says nothing: once `recv` has waited `ms` without a
   * byte it gives `null`, as after shutdown(2) with SHUT_RD.
   */
  endWhenQuiet(ms: number): void {
    this.#quietMs = ms
    if (this.#waiters.first || this.#tap) this.#watchQuiet(ms)
  }

  #read(): void {
    if (this.#isReading) return
    this.#isReading = true
    this.#socket.on('data', (chunk: Uint8Array) => this.#onData(chunk))
    this.#socket.resume()
  }

  #onData(chunk: Uint8Array): void {
    if (this.#isDiscarding) return
    if (this.#quietMs !== undefined) this.#watchQuiet(this.#quietMs)
    if (this.#tap && !this.#isPaused && this.#bytes === 0) {
      this.#tap(this.#count(chunk))
      return
    }
    const { first } = this.#waiters
    if (first && this.#bytes === 0 && chunk.length <= first.max) {
      this.#waiters.shift() // nearly always: somebody waits for just this, and the queue is not needed
      first.resolve(this.#count(chunk))
      return
    }
    this.#push(chunk)
    this.#runTap()
    while (this.#bytes > 0 && this.#waiters.first) {
      const waiter = this.#waiters.shift() as Receiving
      waiter.resolve(this.#take(waiter.max))
    }
    if (this.#bytes >= HIGH_WATER_BYTES && !this.#isPaused) this.pause()
  }

  #onEnd(): void {
    clearTimeout(this.#quietTimer)
    if (this.#hasEnded) return
    this.#hasEnded = true
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift()) waiter.resolve(this.#end())
    this.#runTap()
  }

  /** Hands the tap what is due: first the bytes, then, once, the end or the failure. */
  #runTap(): void {
    while (this.#tap && !this.#isPaused && this.#bytes > 0) this.#tap(this.#take(Number.MAX_SAFE_INTEGER))
    if (!this.#tap || this.#isPaused || !(this.#hasEnded || this.#error)) return
    const tap = this.#tap
    this.#tap = undefined
    if (this.#hasEnded) tap(this.#end())
    else tap(null, this.#error)
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** 1 to `max` bytes of the queue, never from two chunks: recv promises what has come, not a full measure. */
  #take(max: number): Uint8Array {
    const first = this.#chunks[0] as Uint8Array
    let taken = first
    if (first.length > max) {
      taken = first.subarray(0, max)
      this.#chunks[0] = first.subarray(max)
    } else {
      this.#chunks.shift()
    }
    this.#bytes -= taken.length
    if (this.#isPaused && !this.#tap && this.#bytes < LOW_WATER_BYTES) this.resume()
    return this.#count(taken)
  }

  #count(chunk: Uint8Array): Uint8Array {
    if (isTelling()) {
      tell({ ...this.#id.facts, op: 'recv', n: chunk.length, offset: this.#offset, data: excerpt(chunk) })
    }
    this.#offset += chunk.length
    return chunk
  }

  #end(): null {
    if (!this.#hasToldEnd) {
      this.#hasToldEnd = true
      if (isTelling()) tell({ ...this.#id.facts, op: 'eof', offset: this.#offset })
    }
    return null
  }

  #wait(max: number, options: WaitOptions | undefined): Promise<Uint8Array | null> {
    if (isTelling()) tell({ ...this.#id.facts, op: 'wait', for: 'recv' })
    const promise = new Promise<Uint8Array | null>((resolve, reject) => {
      const waiter: Receiving = { max, resolve, reject, next: undefined, unwatch: undefined }
      if (options) {
        const leave = (code: string, cause?: unknown): void => {
          this.#waiters.remove(waiter)
          reject(this.#id.failure('recv', code, cause))
        }
        waiter.unwatch = watchWait(
          options,
          (reason) => leave('ECANCELED', reason),
          () => leave('ETIMEDOUT'),
        )
      }
      this.#waiters.push(waiter)
    })
    if (this.#quietMs !== undefined) this.#watchQuiet(this.#quietMs)
    this.#read()
    return promise
  }

  #watchQuiet(ms: number): void {
    clearTimeout(this.#quietTimer)
    const timer = setTimeout(() => {
      // A busy process may have had no turn for so long: what has come meanwhile is read first, and sets another timer.
      setImmediate(() => {
        if (timer === this.#quietTimer) this.#onQuiet()
      })
    }, ms)
    this.#quietTimer = timer
  }

  #onQuiet(): void {
    if (this.#hasEnded || this.#error) return
    if (this.#waiters.first || (this.#tap && !this.#isPaused)) {
      this.#hasToldEnd = true // the end is ours, not the peer's
      this.#isDiscarding = true
      this.#onEnd()
    }
  }
}
