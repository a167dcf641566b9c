import { resolve } from 'node:path'
import { type Address, formatAddress, type Listener, listen } from '@fund/net-core'
import { answerToError } from './answer.ts'
import { HttpConnection } from './connection.ts'
import { dateField } from './http-date.ts'
import { lightenGlobals } from './light-globals.ts'
import { type Limits, limitsOf } from './limits.ts'
import type { AnyResponse, Handler, Request } from './message.ts'
import type { Answered, Service, UpgradeHook } from './service.ts'

/** Where a server listens, and how it treats its clients. */
export interface ServeOptions {
  /** 127.0.0.1, this machine alone, when not said. */
  readonly host?: string | undefined
  /** 0, also when not said, asks the system for any free one. */
  readonly port?: number | undefined
  /** The path of a Unix socket, in the place of host and port. */
  readonly path?: string | undefined
  /** A listener that is there already, in the place of all three. */
  readonly listener?: Listener | undefined
  /**
   * Makes `Response` the light one in the whole thread, for frameworks that make their responses themselves (Hono); see
   * {@link lightenGlobals}. Off when not said: a server does not change what other code means by a global name.
   */
  readonly lightGlobals?: boolean | undefined
  readonly limits?: Partial<Limits> | undefined
  /** Makes an answer of what the handler threw: 500 when not said, the error on stderr. */
  readonly onError?: ((error: unknown, request: Request) => AnyResponse | Promise<AnyResponse>) | undefined
  /** Is told every answer when it has gone out: for a log. It must not throw. */
  readonly onAnswer?: ((answer: Answered) => void) | undefined
  /** Lets a connection go on in another protocol (WebSocket). */
  readonly upgrade?: UpgradeHook | undefined
}

/** How a server closes. */
export interface ServerCloseOptions {
  /** Milliseconds for the answers under way; 5000 when not said. What is not done by then is reset. */
  readonly deadline?: number | undefined
}

/** A server that listens. */
export interface Server extends AsyncDisposable {
  readonly address: Address
  /** `http://127.0.0.1:9090/`; of a Unix socket, `http://localhost/`. */
  readonly url: string
  /** Connections that are open, until the last byte of the last answer has gone. */
  readonly connections: number
  /** Resolves when the server has closed, whoever closed it. */
  readonly closed: Promise<void>
  /**
   * Takes no more connections, lets the answers under way finish, and closes. Who has just connected has a second or two to
   * ask, and is answered once. Called again, it gives the same promise.
   */
  close(options?: ServerCloseOptions): Promise<void>
}

/**
 * Answers every request with what the handler gives: a `Response` of ours or of the platform, or a promise of one. Resolves
 * when it listens.
 *
 * @throws {NetError} `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`.
 *
 * @example
 * ```ts
 * import { Response, serve } from '@fund/tiny-http/server'
 *
 * const server = await serve(() => new Response('olá\n'), { port: 0 })
 * console.log(await (await fetch(server.url)).text()) // olá
 * await server.close()
 * ```
 */
export async function serve(handler: Handler, options: ServeOptions = {}): Promise<Server> {
  const limits = limitsOf(options.limits)
  const { host, port, path } = options
  if (options.lightGlobals) lightenGlobals()
  const where = path === undefined ? { host, port } : { host: resolve(path), port: 0 }
  const listener = options.listener ?? (await listen(where))
  return new HttpServer(listener, {
    handler,
    limits,
    onError: options.onError ?? answerToError,
    onAnswer: options.onAnswer,
    upgrade: options.upgrade,
    now: 0,
    date: dateField(),
    isClosing: false,
  })
}

class HttpServer implements Server {
  readonly address: Address
  readonly closed: Promise<void>
  readonly #listener: Listener
  readonly #service: Service
  readonly #open = new Set<HttpConnection>()
  #onEmpty: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(listener: Listener, service: Service) {
    this.#listener = listener
    this.#service = service
    this.address = listener.address
    this.closed = this.#run()
  }

  get url(): string {
    return this.address.host.startsWith('/') ? 'http://localhost/' : `http://${formatAddress(this.address)}/`
  }

  get connections(): number {
    return this.#open.size
  }

  close({ deadline = 5_000 }: ServerCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(deadline)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(): Promise<void> {
    const { limits } = this.#service
    const sweeper = setInterval(() => this.#sweep(), 1_000)
    const forget = (connection: HttpConnection): void => {
      this.#open.delete(connection)
      if (this.#open.size === 0) this.#onEmpty?.()
    }
    for await (const connection of this.#listener) {
      if (this.#open.size < limits.connections) this.#open.add(new HttpConnection(connection, this.#service, forget))
      else HttpConnection.refuse(connection, this.#service)
    }
    this.#service.isClosing = true // also when somebody else has closed the listener
    for (const connection of this.#open) connection.shutdown()
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve))
    clearInterval(sweeper)
  }

  async #close(deadline: number): Promise<void> {
    const end = performance.now() + deadline
    await this.#listener.close()
    const timer = setTimeout(() => {
      for (const connection of this.#open) connection.abort()
    }, deadline)
    await this.closed
    clearTimeout(timer)
    await this.#listener.shutdown({ deadline: Math.max(0, end - performance.now()) })
  }

  #sweep(): void {
    this.#service.now += 1
    this.#service.date = dateField()
    for (const connection of this.#open) connection.sweep()
  }
}
