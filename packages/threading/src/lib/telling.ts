import { END_TOLD } from './life.ts'

/** What is told on the diagnostics channel `fund:threading`, in the thread where it happens. */
export interface ThreadEvent {
  readonly op: 'thread-start' | 'thread-end' | 'wait'
  /** The thread that starts or ends, or the one that waits. */
  readonly name: string
  /** Microseconds on the system's monotonic clock, the same in every thread. */
  readonly t: number
  /** For `wait`: what is waited for. */
  readonly for?: 'join' | 'lock'
}

const threading = process.getBuiltinModule('node:diagnostics_channel').channel('fund:threading')

/**
 * Tells that a thread has ended, if nobody has told it yet: it does so itself where somebody listens in it, else whoever
 * finds out.
 */
export function tellEnd(name: string, words: Int32Array): void {
  if (!threading.hasSubscribers || Atomics.exchange(words, END_TOLD, 1) === 1) return
  tell('thread-end', name)
}

/** Tells what happens, if anybody listens in this thread. */
export function tell(op: ThreadEvent['op'], name: string, waitsFor?: 'join' | 'lock'): void {
  if (!threading.hasSubscribers) return
  const [seconds, nanoseconds] = process.hrtime()
  const t = seconds * 1e6 + Math.trunc(nanoseconds / 1e3)
  const event: ThreadEvent = { op, name, t, ...(waitsFor ? { for: waitsFor } : {}) }
  threading.publish(event)
}
