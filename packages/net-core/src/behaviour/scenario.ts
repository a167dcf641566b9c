/*
 * A behaviour is written once and holds on both faces. It is data: what the program does, call by call, what a second
 * thread (or task) of the program does meanwhile, and what the peer does, which runs in a process of its own.
 */

/** Bytes of a message: text, or so many that hardly repeat. */
export type Data = string | { readonly bytes: number; readonly seed?: number }

/** What a program may give to a send by mistake: `raw` is given as it is. */
export type SentData = Data | { readonly raw: unknown }

/** What a call of the program may be told. An `Address` is told by the name of whoever has it: `{ to: 'l' }`. */
export type Argument = number | string | { readonly [name: string]: number | string | boolean | undefined }

/** What a call gives: a plain value, the bytes of a chunk, or one of several. */
export type Given = null | boolean | number | Data | readonly string[] | { readonly oneOf: readonly Given[] }

/** How a call of the program ends. `fails` is the code of a NetError, or the name of another error. */
export interface Outcome {
  readonly gives?: Given
  readonly fails?: string
  /** The message of the error; `{name}` stands for the address of that name. */
  readonly says?: string
  /** At least so many bytes had been handed on, and fewer than `most`, when it failed. */
  readonly sent?: { readonly least: number; readonly most: number }
}

/**
 * The calls of a program: those of the two faces; `recvAll`, which receives until EOF; and `untilWaiting`, which looks until
 * somebody waits to be accepted, since a connection that the system has made takes a moment to get there.
 */
export type Call =
  | 'socket'
  | 'bind'
  | 'listen'
  | 'connect'
  | 'accept'
  | 'address'
  | 'recv'
  | 'recvAll'
  | 'sendAll'
  | 'trySend'
  | 'queued'
  | 'closeWrite'
  | 'close'
  | 'abort'
  | 'isClosed'
  | 'lines'
  | 'shutdown'
  | 'stats'
  | 'untilWaiting'

/** One call of the program. `starts` goes on to the next step while the call waits. */
export type CallStep = Outcome & {
  readonly on?: string
  readonly as?: string
  readonly data?: SentData
  readonly args?: readonly Argument[]
  /** The address to be used, by the name of whoever has it. */
  readonly to?: string
  readonly starts?: true
} & ({ readonly program: Call } | { readonly other: Call })

/** What the peer does. It has no part of ours. */
export interface PeerStep {
  readonly peer:
    | 'listen'
    | 'unlisten'
    | 'connect'
    | 'accept'
    | 'send'
    | 'drip'
    | 'stuff'
    | 'read'
    | 'hear'
    | 'hearAll'
    | 'ends'
    | 'finish'
    | 'reset'
  readonly on?: string
  readonly as?: string
  readonly to?: string
  readonly data?: Data
  readonly count?: number
  readonly isReading?: boolean
  readonly holdsOn?: boolean
  readonly gives?: Given
}

/** Something to wait for: that a call which was started waits, or that it has ended. */
type WaitStep = { readonly waits: 'accept' | 'recv' | 'send' } | (Outcome & { readonly ended: 'program' | 'other' })

/** One line of a scenario. */
export type Step = CallStep | PeerStep | WaitStep

/** A behaviour, and the steps that show it. */
export interface Scenario {
  readonly name: string
  readonly steps: readonly Step[]
}
