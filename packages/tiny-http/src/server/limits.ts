import type { ChunkedLimits } from './chunked.ts'
import type { HeadLimits } from './parse.ts'

/** What a client may ask of the server, and how long the server waits for it. Times are in milliseconds, to about a second. */
export interface Limits extends HeadLimits, ChunkedLimits {
  /** Bytes of a request's body; more is answered with 413. 1 GiB when not said. */
  readonly bodyBytes: number
  /** Connections at a time; one more is answered with 503. 10000 when not said. */
  readonly connections: number
  /** For a whole head to come, however many bytes of it do; then 408. 10000 when not said. */
  readonly headMs: number
  /** How long a connection stays open for the next request. 5000 when not said. */
  readonly idleMs: number
  /** Bytes a second of a body that somebody waits for, on average; fewer is answered with 408. 500 when not said. */
  readonly bodyRate: number
  /** How long a body may be slower than that, from its beginning. 10000 when not said. */
  readonly bodyGraceMs: number
  /** How long a client may take nothing of an answer before it loses the connection. 30000 when not said. */
  readonly stallMs: number
}

const defaults: Limits = {
  headBytes: 16 * 1024,
  targetBytes: 8 * 1024,
  fields: 100,
  lineBytes: 1024,
  trailerBytes: 8 * 1024,
  bodyBytes: 1024 ** 3,
  connections: 10_000,
  headMs: 10_000,
  idleMs: 5_000,
  bodyRate: 500,
  bodyGraceMs: 10_000,
  stallMs: 30_000,
}

/** @throws {RangeError} when one of them is no number from 0. */
export function limitsOf(asked: Partial<Limits> = {}): Limits {
  const limits: Limits = { ...defaults }
  for (const name of Object.keys(defaults) as (keyof Limits)[]) {
    const limit = asked[name] ?? defaults[name]
    if (!(limit >= 0)) throw new RangeError(`Cannot limit ${name} to ${limit}: a limit is a number from 0`)
    Object.assign(limits, { [name]: limit })
  }
  return limits
}
