/*
 * What both faces do when they are not told otherwise.
 */

/** Connections that may wait to be accepted, unless `listen` is told otherwise. */
export const BACKLOG = 511
/** How long a shutdown lets what is under way finish. */
export const SHUTDOWN_MS = 5_000
/** A connection whose peer says nothing for this long (or a fifth of the deadline) is not under way. */
export const QUIET_MS = 200
/** How long `close` bears a peer that takes nothing of what is still queued here. */
export const FLUSH_PATIENCE_MS = 30_000
/** How long `close` waits for the peer's FIN once all our bytes are with the system. */
export const FIN_PATIENCE_MS = 1_000
