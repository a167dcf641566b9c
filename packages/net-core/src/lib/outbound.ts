import type { Socket } from 'node:net'
import { excerpt, isTelling, tell } from './events.ts'
import { type Identity, unwatched } from './identity.ts'
import type { NetError } from './net-error.ts'
import { checkMs, type WaitOptions, watchWait } from './wait.ts'

/** `sendAll` resolves at once while at most this much is queued here, in user space. */
export const QUEUE_BYTES: number = 64 * 1024
/** A long message is handed on in pieces, so that it is known how far it came. */
const PIECE_BYTES = 256 * 1024

/** What {@link Connection.trySend} did with the data. */
export type TrySendResult = 'sent' | 'queued' | 'over' | 'closed'

interface Sending {
  readonly data: Uint8Array
  /** How many of its bytes node:net has been given, and how many of those the system has surely taken. */
  given: number
  taken: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  unwatch: () => void
}

const done: Promise<void> = Promise.resolve()

/**
 * The direction from us to the peer. Whatever the system takes at once is gone at once; the rest waits in the
 * socket's own queue, and behind it the messages that found it full, each whole and in the order of the calls.
 */
export class Outbound {
  readonly #socket: Socket
  readonly #id: Identity
  #sendings: Sending[] = []
  #offset = 0
  #error: NetError | undefined
  #isEnding = false
  #onIdle: (() => void) | undefined
  readonly #abort: () => void

  constructor(socket: Socket, id: Identity, abort: () => void) {
    this.#socket = socket
    this.#id = id
    this.#abort = abort
    socket.on('drain', () => this.#pump())
  }

  /** Bytes that were sent and have not been handed to the system yet. */
  get queued(): number {
    let bytes = this.#socket.writableLength
    for (const { data, given } of this.#sendings) bytes += data.length - given
    return bytes
  }

  sendAll(data: Uint8Array, options: WaitOptions | undefined): Promise<void> {
    const error = this.#refusal()
    if (error) return Promise.reject(error)
    if (options?.signal?.aborted) {
      return Promise.reject(this.#id.failure('send', 'ECANCELED', options.signal.reason, 0))
    }
    if (data.length === 0) return done
    if (this.#sendings.length > 0 || data.length > PIECE_BYTES) return this.#wait(data, 0, options)
    this.#give(data)
    return this.#socket.writableLength <= QUEUE_BYTES ? done : this.#wait(data, data.length, options)
  }

  trySend(data: Uint8Array, limit: number): TrySendResult {
    if (this.#refusal()) return 'closed'
    if (this.queued > limit) return 'over'
    if (data.length > 0) this.#give(data)
    return this.#socket.writableLength === 0 ? 'sent' : 'queued'
  }

  /** Sends the FIN once all that was sent is with the system; resolves then, or when the connection is gone. */
  end(): Promise<void> {
    this.#isEnding = true
    if (this.#socket.writableFinished || this.#socket.destroyed) return done
    return new Promise((resolve) => {
      this.#socket.once('finish', resolve)
      this.#socket.once('close', () => resolve())
      this.#onIdle = () => {
        if (this.#socket.destroyed || this.#socket.writableEnded) return
        if (isTelling()) tell({ ...this.#id.facts, op: 'fin', offset: this.#offset })
        this.#socket.end()
      }
      if (this.#sendings.length === 0) this.#onIdle()
    })
  }

  /** Nothing more can be sent, and this is why; a message that had bytes left to hand on is told how far it came. */
  fail(error: NetError): void {
    if (this.#error) return
    this.#error = error
    for (const sending of this.#sendings.splice(0)) {
      sending.unwatch()
      sending.reject(this.#id.failure('send', error.code, error.cause, sending.taken))
    }
  }

  #refusal(): NetError | undefined {
    if (this.#error) return this.#id.failure('send', this.#error.code, this.#error.cause, 0)
    if (this.#isEnding) return this.#id.failure('send', 'EPIPE', undefined, 0)
    return undefined
  }

  #give(data: Uint8Array): void {
    if (isTelling()) {
      tell({ ...this.#id.facts, op: 'send', n: data.length, offset: this.#offset, data: excerpt(data) })
    }
    this.#offset += data.length
    this.#socket.write(data)
  }

  #wait(data: Uint8Array, given: number, options: WaitOptions | undefined): Promise<void> {
    checkMs(options?.timeout, 'timeout')
    return new Promise<void>((resolve, reject) => {
      const sending: Sending = { data, given, taken: 0, resolve, reject, unwatch: unwatched }
      if (options) {
        // The peer may have received a part of the message: nothing that follows would make sense, so it ends here.
        const leave = (code: string, cause?: unknown): void => {
          this.#sendings = this.#sendings.filter((other) => other !== sending)
          reject(this.#id.failure('send', code, cause, sending.taken))
          this.#abort()
        }
        sending.unwatch = watchWait(
          options,
          (reason) => leave('ECANCELED', reason),
          () => leave('ETIMEDOUT'),
        )
      }
      this.#sendings.push(sending)
      if (this.#sendings.length === 1) this.#pump()
      if (isTelling() && this.#sendings.includes(sending)) tell({ ...this.#id.facts, op: 'wait', for: 'send' })
    })
  }

  /** Hands on what the queue has room for, in order. */
  #pump(): void {
    while (this.#sendings.length > 0 && this.#socket.writableLength <= QUEUE_BYTES) {
      const sending = this.#sendings[0] as Sending
      if (this.#socket.writableLength === 0) sending.taken = sending.given
      if (sending.given < sending.data.length) {
        const piece = sending.data.subarray(sending.given, sending.given + PIECE_BYTES)
        sending.given += piece.length
        this.#give(piece)
        continue
      }
      this.#sendings.shift()
      sending.unwatch()
      sending.resolve()
    }
    if (this.#sendings.length === 0) this.#onIdle?.()
  }
}
