import { Request, Response } from './message.ts'
import { replaceGlobals, type Standard } from './standard.ts'

/**
 * Makes `new Response` everywhere in this thread ours, whose cost is a small part of the platform's, and `new Request` take
 * one of ours. What `fetch` gives remains the platform's own, and both are an `instanceof` both names.
 *
 * It is for frameworks that make their responses themselves, such as Hono; and for a program, not for a library, to decide.
 *
 * @example
 * ```ts
 * import { lightenGlobals, Response } from '@fund/tiny-http/server'
 *
 * lightenGlobals()
 * console.log(new globalThis.Response('olá') instanceof Response) // true
 * ```
 */
export function lightenGlobals(): void {
  replaceGlobals(lightOnes)
}

function lightOnes(standard: Standard): Standard {
  class LightResponse extends Response {
    static override [Symbol.hasInstance](value: unknown): boolean {
      return isOf(Response, value) || isOf(standard.Response, value)
    }
  }
  class EitherRequest extends standard.Request {
    constructor(input: globalThis.Request | string | URL, init?: RequestInit) {
      super(input instanceof Request ? input.toStandard() : input, init)
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      return isOf(Request, value) || isOf(standard.Request, value)
    }
  }
  return {
    Request: EitherRequest as unknown as Standard['Request'],
    Response: LightResponse as unknown as Standard['Response'],
  }
}

/** `instanceof` by the chain of prototypes alone. */
function isOf({ prototype }: { prototype: object }, value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(prototype, value)
}
