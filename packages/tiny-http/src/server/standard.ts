import { Request, Response } from './message.ts'

const StandardRequest = globalThis.Request
const StandardResponse = globalThis.Response

/**
 * Makes `new Response` everywhere in this thread ours, whose cost is a small part of the platform's, and `new Request` take
 * one of ours. What `fetch` gives remains the platform's own, and both are an `instanceof` both names.
 *
 * It is for frameworks that make their responses themselves, such as Hono; and for a program, not for a library, to decide.
 */
export function lightenGlobals(): void {
  globalThis.Response = LightResponse as unknown as typeof globalThis.Response
  globalThis.Request = EitherRequest as unknown as typeof globalThis.Request
}

class LightResponse extends Response {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOf(Response, value) || isOf(StandardResponse, value)
  }
}

class EitherRequest extends StandardRequest {
  constructor(input: globalThis.Request | string | URL, init?: RequestInit) {
    super(input instanceof Request ? input.toStandard() : input, init)
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOf(Request, value) || isOf(StandardRequest, value)
  }
}

/** `instanceof` by the chain of prototypes alone. */
function isOf({ prototype }: { prototype: object }, value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.prototype.isPrototypeOf.call(prototype, value)
}
