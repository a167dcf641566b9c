import type { Address } from '@fund/net-core'
import { Body, type BodyInit, type Content, kindOf } from './body.ts'
import { Headers, type HeadersInit, receivedHeaders } from './headers.ts'
import type { Incoming } from './incoming.ts'
import type { Head } from './parse.ts'
import type { Ready } from './ready.ts'
import { checkStatus } from './reasons.ts'
import { locationOf, urlOf } from './request-url.ts'
import { standard } from './standard.ts'

/** Answers a request: at once, or in a promise. A real `Response` of the platform will do as well. */
export type Handler = (request: Request) => AnyResponse | Promise<AnyResponse>

/** Ours, or the platform's. */
export type AnyResponse = Response | globalThis.Response

/** The two ends of the connection that a request came by. */
export interface Ends {
  readonly peer: Address
  readonly local: Address
}

// What the connection may do to a request, and nobody else: the class fills this in.

/** Tells a request that its client has gone. */
export let abortRequest: (request: Request, reason: unknown) => void

/**
 * What a client asks for: what handlers use of the standard `Request`, read from the bytes only when somebody asks for
 * it, and `target`, `ip` and `trailers` beside. Made by the server.
 *
 * @example
 * ```ts
 * import { Response, serve } from '@fund/tiny-http/server'
 *
 * const server = await serve((request) => new Response(`${request.method} ${request.target}\n`))
 * console.log(await (await fetch(`${server.url}a?b=c`)).text()) // GET /a?b=c
 * await server.close()
 * ```
 */
export class Request extends Body implements globalThis.Request {
  readonly method: string
  /** The target as it came: `/a?b=c`, also `http://host/a?b=c` or `*`. */
  readonly target: string
  readonly #head: Head
  readonly #incoming: Incoming | null
  readonly #ends: Ends
  #headers: Headers | undefined
  #url: string | undefined
  #controller: AbortController | undefined
  #abortReason: unknown

  // The same for all: on the prototype, where they cost a request nothing.
  declare readonly cache: 'default'
  declare readonly credentials: 'same-origin'
  declare readonly destination: ''
  declare readonly duplex: 'half'
  declare readonly integrity: ''
  declare readonly keepalive: false
  declare readonly mode: 'cors'
  declare readonly redirect: 'follow'
  declare readonly referrer: 'about:client'
  declare readonly referrerPolicy: ''

  constructor(head: Head, incoming: Incoming | null, ends: Ends, content: Content = incoming) {
    super(content)
    this.method = head.method
    this.target = head.target
    this.#head = head
    this.#incoming = incoming
    this.#ends = ends
  }

  /** The whole address, normalised as the standard's is. */
  get url(): string {
    this.#url ??= urlOf(this.#head, this.#ends.local)
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= receivedHeaders(this.#head)
    return this.#headers
  }

  /** Fields that came behind a chunked body (RFC 9112, section 7.1.2): empty until its end has been read. */
  get trailers(): Headers {
    return this.#incoming?.trailers ?? new Headers()
  }

  /** The client's address; a proxy's, when one stands before us, and '' on a Unix socket. */
  get ip(): string {
    return this.#ends.peer.host
  }

  /** `1.0` or `1.1`. */
  get version(): string {
    return `1.${this.#head.minor}`
  }

  /** Aborts when the client goes before it was answered; after a normal end it never does. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason)
    }
    return this.#controller.signal
  }

  protected override get contentType(): string {
    return this.headers.get('content-type') ?? ''
  }

  /** The platform's own `Request` of the same content, for whoever insists on one (`fetch`). */
  toStandard(): globalThis.Request {
    const { method, headers, signal } = this
    const body = method === 'GET' || method === 'HEAD' ? null : this.body
    return new (standard().Request)(this.url, { method, headers, signal, body, duplex: 'half' } as RequestInit)
  }

  clone(): Request {
    return new Request(this.#head, this.#incoming, this.#ends, this.fork())
  }

  static {
    Object.assign(Request.prototype, { cache: 'default', credentials: 'same-origin', destination: '', duplex: 'half' })
    Object.assign(Request.prototype, { integrity: '', keepalive: false, mode: 'cors', redirect: 'follow' })
    Object.assign(Request.prototype, { referrer: 'about:client', referrerPolicy: '' })
    abortRequest = (request, reason) => {
      request.#abortReason = reason
      request.#controller?.abort(reason)
    }
  }
}

/** What a response is made with. */
export interface ResponseInit {
  /** From 200 to 599; 200 when not said. */
  readonly status?: number | undefined
  readonly statusText?: string | undefined
  readonly headers?: HeadersInit | undefined
  /** Fields to send behind the body, for a client that says `TE: trailers`; called when the last chunk is out. */
  readonly trailers?: (() => HeadersInit | Promise<HeadersInit>) | undefined
}

// What the connection may look into, and nobody else: the class fills these in.

/** The fields of a response, or `undefined` when it has none of its own. */
export let headersIn: (response: Response) => Headers | undefined
/** The content type that comes with the kind of body, when the headers name none. */
export let typeOf: (response: Response) => string
/** The length that comes with the kind of body, or -1. */
export let lengthOf: (response: Response) => number
/** A response that was put together before; nobody can tell it from another. */
export let readyResponse: (ready: Ready) => Response
/** What it was made of, as long as nobody has looked at its headers, and may have changed them. */
export let readyIn: (response: Response) => Ready | undefined

/**
 * The answer to a request: what handlers use of the standard `Response`, without its cost. Text and bytes are kept as they
 * are given.
 *
 * @example
 * ```ts
 * import { Response } from '@fund/tiny-http/server'
 *
 * const response = new Response('olá\n', { status: 201, headers: { 'X-Step': '6' } })
 * console.log(response.status, response.headers.get('content-type')) // 201 text/plain;charset=UTF-8
 * console.log(await response.text()) // olá
 * ```
 */
export class Response extends Body implements globalThis.Response {
  readonly status: number
  readonly statusText: string
  readonly trailers: ResponseInit['trailers']
  #headers: Headers | undefined
  #type = ''
  #length = -1
  #ready: Ready | undefined

  declare readonly redirected: false
  declare readonly type: 'default'
  declare readonly url: ''

  /**
   * @throws {RangeError} when the status is none.
   * @throws {TypeError} when a field or the reason phrase cannot be sent, or the status allows no body (204, 205, 304).
   */
  constructor(body: BodyInit | undefined = null, init?: ResponseInit) {
    const kept = typeof body === 'string' || body === null ? undefined : kindOf(body)
    super(kept ? kept.content : (body as string | null))
    if (typeof body === 'string') this.#type = 'text/plain;charset=UTF-8'
    else if (kept) {
      this.#type = kept.type
      this.#length = kept.length
    }
    this.status = init?.status ?? 200
    this.statusText = init?.statusText ?? ''
    this.trailers = init?.trailers
    if (init === undefined) return
    checkStatus(this.status, this.statusText, body !== null)
    if (init.headers !== undefined) this.#headers = new Headers(init.headers)
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299
  }

  get headers(): Headers {
    if (this.#ready) {
      this.#headers = new Headers(this.#ready.fields)
      this.#ready = undefined
    }
    this.#headers ??= new Headers()
    if (this.#type !== '') {
      if (!this.#headers.has('content-type')) this.#headers.append('Content-Type', this.#type)
      this.#type = ''
    }
    return this.#headers
  }

  protected override get contentType(): string {
    return this.headers.get('content-type') ?? ''
  }

  clone(): Response {
    const { status, statusText, headers, trailers } = this
    return new Response(this.fork() as BodyInit, { status, statusText, headers, trailers })
  }

  /** @throws {TypeError} when the data is nothing that JSON can say. */
  static json(data: unknown, init: ResponseInit = {}): Response {
    const text = JSON.stringify(data)
    if (text === undefined) throw new TypeError('Cannot say this in JSON')
    const response = new Response(text, init)
    response.#type = 'application/json'
    return response
  }

  /**
   * An address without a scheme is sent as it is given: the client knows what it is relative to.
   *
   * @throws {RangeError} when the status is not that of a redirection.
   * @throws {TypeError} when a whole address is none.
   */
  static redirect(url: string | URL, status = 302): Response {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Cannot redirect with status ${status}`)
    return new Response(null, { status, headers: { Location: locationOf(`${url}`) } })
  }

  static error(): globalThis.Response {
    return standard().Response.error()
  }

  static {
    Object.assign(Response.prototype, { redirected: false, type: 'default', url: '' })
    headersIn = (response) => (response.#ready ? response.headers : response.#headers)
    typeOf = (response) => response.#type
    lengthOf = (response) => response.#length
    readyIn = (response) => response.#ready
    readyResponse = (ready) => {
      const response = new Response(ready.body)
      response.#ready = ready
      return response
    }
  }
}
