/**
 * A request that gets another answer than it asked for, and why. A handler may throw one as well: then its status is the answer.
 *
 * @example
 * ```ts
 * import { HttpError, serve } from '@fund/tiny-http/server'
 *
 * const server = await serve(() => {
 *   throw new HttpError(403, 'not for you')
 * })
 * console.log((await fetch(server.url)).status) // 403
 * await server.close()
 * ```
 */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
