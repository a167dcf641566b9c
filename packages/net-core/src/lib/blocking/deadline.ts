import { checkMs } from '../wait.ts'

/** How long a call may wait. */
export interface WaitOptions {
  /** Milliseconds after which the call throws `ETIMEDOUT`. Without it, the wait has no end. */
  readonly timeout?: number | undefined
}

/** The moment at which a wait that begins now ends, on the clock of `performance.now`. */
export function endOf(options: WaitOptions | undefined): number {
  const timeout = options?.timeout
  if (timeout === undefined) return Number.POSITIVE_INFINITY
  checkMs(timeout, 'timeout')
  return performance.now() + timeout
}
