import { setTimeout as pause } from 'node:timers/promises'

/** Waits until `condition` holds; says what was waited for when it does not within `deadlineMs`. */
export async function until(what: string, condition: () => boolean, deadlineMs = 15_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs} ms in vain until ${what}`)
    await pause(1)
  }
}
