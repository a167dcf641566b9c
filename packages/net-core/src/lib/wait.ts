/** How long, and until when, a call may wait. */
export interface WaitOptions {
  /** Ends the wait: the call rejects with `ECANCELED`, and the signal's reason as its `cause`. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the wait ends: the call rejects with `ETIMEDOUT`. Without it, the wait has no end. */
  readonly timeout?: number | undefined
}

/**
 * Watches the signal and the clock for a call that waits. The first of the two to come calls `onSignal` or `onTimeout`,
 * once. The returned function takes both watches away: call it when the wait ends for any other reason, so that a
 * signal that lives long gathers no listeners.
 */
export function watchWait(
  { signal, timeout }: WaitOptions,
  onSignal: (reason: unknown) => void,
  onTimeout: () => void,
): () => void {
  const stop = (): void => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
  const onAbort = (): void => {
    stop()
    onSignal(signal?.reason)
  }
  const onTime = (): void => {
    stop()
    onTimeout()
  }
  const timer = timeout === undefined ? undefined : setTimeout(onTime, timeout)
  signal?.addEventListener('abort', onAbort, { once: true })
  return stop
}

/** What is wrong with a time that is not a number of milliseconds that a timer can hold. */
export function wrongMs(ms: number | undefined, name: string): RangeError | undefined {
  if (ms === undefined || (ms >= 0 && ms <= 0x7fffffff)) return undefined
  return new RangeError(`Cannot wait for a ${name} of ${ms}: it is a number of milliseconds, at most 2147483647`)
}

/** @throws {RangeError} when the time is not a number of milliseconds that a timer can hold. */
export function checkMs(ms: number | undefined, name: string): void {
  const wrong = wrongMs(ms, name)
  if (wrong) throw wrong
}

/** @throws {RangeError} when a system cannot be asked to wait that long before it asks a peer whether it is there. */
export function checkKeepAlive(ms: number | undefined): void {
  if (ms === undefined || (ms >= 1000 && ms <= 0x7fffffff)) return
  throw new RangeError(`Cannot keep alive after ${ms}: it is a number of milliseconds from 1000, at most 2147483647`)
}
