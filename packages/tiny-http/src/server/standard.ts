/** The platform's own, whatever the global names stand for. */
export interface Standard {
  readonly Request: typeof globalThis.Request
  readonly Response: typeof globalThis.Response
}

let replaced: Standard | undefined

/** The platform's own `Request` and `Response`. To name them is to load them, so that happens only when they are needed. */
export function standard(): Standard {
  return replaced ?? globalThis
}

/** Gives the global names to others, and remembers whose they were. */
export function replaceGlobals(by: (standard: Standard) => Standard): void {
  if (replaced) return
  replaced = { Request: globalThis.Request, Response: globalThis.Response }
  Object.assign(globalThis, by(replaced))
}
