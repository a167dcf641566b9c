/** What a thread of the storm is told. */
export interface StormData {
  readonly job: 'server' | 'client' | 'closer' | 'burner'
  readonly seed: number
  readonly handle: number
  readonly port: number
  /** The words below, and from MAIL on a pair for each handle that somebody shall close. */
  readonly board: Int32Array
}

/** 1 when the clients shall end, 2 when the closer shall. */
export const STOP = 0
/** Messages that went out and came back. */
export const MESSAGES = 1
/** Connections that were made. */
export const CONNECTIONS = 2
/** Of those, the ones that another thread closed. */
export const CLOSED_BY_OTHERS = 3
/** Where the pairs begin. */
export const MAIL = 16
