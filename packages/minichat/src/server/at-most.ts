import { setTimeout as pause } from 'node:timers/promises'

/** Resolves when the promise does, or after so many milliseconds, whichever comes first. */
export async function atMost(promise: Promise<unknown>, ms: number): Promise<void> {
  const patience = new AbortController()
  const called = { signal: patience.signal }
  await Promise.race([promise, pause(ms, undefined, called).catch(() => undefined)]) // called off
  patience.abort()
}
