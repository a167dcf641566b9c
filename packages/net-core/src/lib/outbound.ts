import type { Socket } from 'node:net'
import { excerpt, isTelling, tell } from './events.ts'
import { Gather } from './gather.ts'
import type { Identity } from './identity.ts'
import type { Inbound } from './inbound.ts'
import type { NetError } from './net-error.ts'
import { type WaitOptions, watchWait, wrongMs } from './wait.ts'
import { type Waiter, Waiters } from './waiters.ts'

/** `sendAll` resolves at once while at most this much is queued here, in user space. */
export const QUEUE_BYTES: number = 64 * 1024
/** A long message is handed on in pieces, so that it is known how far it came. */
const PIECE_BYTES = 256 * 1024

/** What {@link Connection.trySend} did with the data. */
export type TrySendResult = 'sent' | 'queued' | 'over' | 'closed'

interface Sending extends Waiter {
  readonly data: Uint8Array
  /** How many of its bytes node:net has been given, and how many of those the system has surely taken. */
  given: number
  taken: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const done: Promise<void> = Promise.resolve()

/**
 * The direction from us to the peer. Whatever the system takes at once is gone at once; the rest waits in the
 * socket's own queue, and behind it the messages that found it full, each whole and in the order of the calls.
 */
export class Outbound {
  readonly #socket: Socket
  readonly #id: Identity
  readonly #sendings = new Waiters<Sending>()
  #offset = 0
  #error: NetError | undefined
  #endingCode: string | undefined
  #onIdle: (() => void) | undefined
  readonly #connection: { abort(): void }
  /** The other direction: whether the program has more to look at before it waits again. */
  readonly #inbound: Inbound
  /** Made when there is something to gather. */
  #gather: Gather | undefined
  #isFlushDue = false

  constructor(socket: Socket, id: Identity, inbound: Inbound, connection: { abort(): void }) {
    this.#socket = socket
    this.#id = id
    this.#inbound = inbound
    this.#connection = connection
    socket.on('drain', () => this.#pump())
  }

  /** Bytes that were sent and have not been handed to the system yet. */
  get queued(): number {
    let bytes = this.#length
    for (let one = this.#sendings.first; one; one = one.next) bytes += one.data.length - one.given
    return bytes
  }

  sendAll(data: Uint8Array, options: WaitOptions | undefined): Promise<void> {
    const refusal = this.#refusal(options)
    if (refusal) return Promise.reject(refusal)
    if (data.length === 0) return done
    if (this.#sendings.first || data.length > PIECE_BYTES) return this.#wait(data, 0, options)
    this.#give(data)
    return this.#length <= QUEUE_BYTES ? done : this.#wait(data, data.length, options)
  }

  trySend(data: Uint8Array, limit: number): TrySendResult {
    if (this.#refusal()) return 'closed'
    if (this.#sendings.first || this.#length > limit) return 'over'
    if (data.length > 0) this.#give(data)
    return this.#length === 0 ? 'sent' : 'queued'
  }

  /**
   * Sends the FIN once all that was sent is with the system; resolves then, or when the connection is gone. Who sends
   * after it is refused with `code`.
   */
  end(code: 'EPIPE' | 'EBADF' = 'EPIPE'): Promise<void> {
    this.#endingCode = code
    if (this.#socket.writableFinished || this.#socket.destroyed) return done
    return new Promise((resolve) => {
      this.#socket.once('finish', resolve)
      this.#socket.once('close', () => resolve())
      this.#onIdle = () => {
        if (this.#socket.destroyed || this.#socket.writableEnded) return
        this.#flush()
        if (isTelling()) tell({ ...this.#id.facts, op: 'fin', offset: this.#offset })
        this.#socket.end()
      }
      if (!this.#sendings.first) this.#onIdle()
    })
  }

  /** Nothing more can be sent, and this is why; a message that had bytes left to hand on is told how far it came. */
  fail(error: NetError): void {
    if (this.#error) return
    this.#error = error
    for (let sending = this.#sendings.shift(); sending; sending = this.#sendings.shift()) {
      sending.reject(this.#id.failure('send', error.code, error.cause, sending.taken))
    }
  }

  #refusal(options?: WaitOptions): Error | undefined {
    if (this.#error) return this.#id.failure('send', this.#error.code, this.#error.cause, 0)
    if (this.#endingCode) return this.#id.failure('send', this.#endingCode, undefined, 0)
    if (options?.signal?.aborted) return this.#id.failure('send', 'ECANCELED', options.signal.reason, 0)
    return options && wrongMs(options.timeout, 'timeout')
  }

  #give(data: Uint8Array): void {
    if (isTelling()) {
      tell({ ...this.#id.facts, op: 'send', n: data.length, offset: this.#offset, data: excerpt(data) })
    }
    this.#offset += data.length
    const unread = this.#inbound.unread
    if (unread === undefined && !this.#gather?.length) {
      this.#socket.write(data)
      return
    }
    this.#gather ??= new Gather()
    // The program has more to look at before it waits again: what it sends until then leaves in one write.
    if (!this.#gather.add(data, unread)) {
      this.#flush()
      this.#socket.write(data)
    } else if (unread === undefined) {
      this.#flush()
    } else if (!this.#isFlushDue) {
      this.#isFlushDue = true
      process.nextTick(() => {
        this.#isFlushDue = false
        this.#flush()
      })
    }
  }

  #flush(): void {
    if (this.#gather?.length) this.#socket.write(this.#gather.take())
  }

  /** What waits in the socket's own queue, and what is gathered for it. */
  get #length(): number {
    return this.#socket.writableLength + (this.#gather?.length ?? 0)
  }

  #wait(data: Uint8Array, given: number, options: WaitOptions | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const sending: Sending = { data, given, taken: 0, resolve, reject }
      if (options) {
        // The peer may have received a part of the message: nothing that follows would make sense, so it ends here.
        const leave = (code: string, cause?: unknown): void => {
          this.#sendings.remove(sending)
          reject(this.#id.failure('send', code, cause, sending.taken))
          this.#connection.abort()
        }
        sending.unwatch = watchWait(
          options,
          (reason) => leave('ECANCELED', reason),
          () => leave('ETIMEDOUT'),
        )
      }
      this.#sendings.push(sending)
      if (this.#sendings.first === sending) this.#pump()
      if (isTelling() && this.#sendings.first) tell({ ...this.#id.facts, op: 'wait', for: 'send' })
    })
  }

  /** Hands on what the queue has room for, in order. */
  #pump(): void {
    for (let sending = this.#sendings.first; sending; sending = this.#sendings.first) {
      if (this.#length > QUEUE_BYTES) return
      if (this.#length === 0) sending.taken = sending.given
      if (sending.given < sending.data.length) {
        const piece = sending.data.subarray(sending.given, sending.given + PIECE_BYTES)
        sending.given += piece.length
        this.#give(piece)
        continue
      }
      this.#sendings.shift()
      sending.resolve()
    }
    this.#onIdle?.()
  }
}
