import { setTimeout as pause } from 'node:timers/promises'
import { PATIENCE_MS } from './patience.ts'

/**
 * Waits until `condition` holds; says what was waited for when it does not within `deadlineMs`.
 *
 * @example
 * ```ts
 * import { until } from '@fund/net-core/testing'
 *
 * let isReady = false
 * setTimeout(() => (isReady = true), 10)
 * await until('it is ready', () => isReady)
 * ```
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs: number = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs} ms in vain until ${what}`)
    await pause(1)
  }
}

/**
 * Waits until `measure` has given the same value for `quietMs`: until nothing moves any more. It looks ten times at
 * least, so that a moment in which this process stood still is not taken for quiet.
 *
 * @example
 * ```ts
 * import { untilSteady } from '@fund/net-core/testing'
 *
 * const end = performance.now() + 50
 * await untilSteady('the clock has stopped', () => Math.min(end, performance.now()), 10)
 * ```
 */
export async function untilSteady(what: string, measure: () => number, quietMs = 100): Promise<void> {
  let last = measure()
  let looked = performance.now()
  let quiet = 0
  await until(what, () => {
    const now = measure()
    const sinceLook = performance.now() - looked
    looked += sinceLook
    quiet = now === last ? quiet + Math.min(sinceLook, quietMs / 10) : 0
    last = now
    return quiet >= quietMs
  })
}

/** Whether a promise has settled by now, one turn of the event loop given. */
export async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = (): void => {
    settled = true
  }
  promise.then(note, note)
  await pause(1)
  return settled
}
