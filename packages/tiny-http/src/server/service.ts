import type { Connection } from '@fund/net-core'
import type { Limits } from './limits.ts'
import type { AnyResponse, Handler, Request } from './message.ts'

/** What all connections of a server share. */
export interface Service {
  readonly handler: Handler
  readonly limits: Limits
  /** What an error in the handler, or in the stream of an answer, makes of the answer. */
  readonly onError: (error: unknown, request: Request) => AnyResponse | Promise<AnyResponse>
  readonly onAnswer: ((answer: Answered) => void) | undefined
  readonly upgrade: UpgradeHook | undefined
  /** Seconds that the server has run for. */
  now: number
  /** The Date field of this second, with its line end (RFC 9110, section 6.6.1). */
  date: string
  /** No more requests: each answer is the last of its connection. */
  isClosing: boolean
}

/** One answer that went out, for whoever keeps a log. */
export interface Answered {
  /** `undefined` when the request could not be read. */
  readonly request: Request | undefined
  readonly status: number
  /** Bytes of its body. */
  readonly bytes: number
  readonly peer: string
  /** It did not go out whole: the client had gone, or the body failed. A request that was not answered at all has 499. */
  readonly isCut: boolean
}

/** What a connection becomes after `101 Switching Protocols`. */
export interface Upgrade {
  /** What the Upgrade field of the answer says: `websocket`. */
  readonly protocol: string
  /** More fields of the answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Speaks the other protocol; when it is done, the connection is closed. */
  readonly run: (connection: Connection) => Promise<void> | void
}

/** Decides on a request that asks for another protocol: an upgrade, an answer instead, or `null` to leave it to the handler. */
export type UpgradeHook = (request: Request) => UpgradeAnswer | Promise<UpgradeAnswer>

/** An upgrade, an answer in its place, or neither. */
type UpgradeAnswer = Upgrade | AnyResponse | null

/** Whether it is an upgrade, and no answer. */
export function isUpgrade(answer: Upgrade | AnyResponse): answer is Upgrade {
  return typeof (answer as Upgrade).run === 'function'
}
