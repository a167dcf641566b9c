import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 20
const LOOKS = 10

/** Waits until nothing but this process has wanted a core for a moment, `patienceMs` at most. Tells whether that came. */
export async function waitForQuiet(patienceMs: number): Promise<boolean> {
  const end = performance.now() + patienceMs
  for (let quiet = 0; quiet < LOOKS; ) {
    if (performance.now() > end) return false
    quiet = runnable() <= 1 ? quiet + 1 : 0
    await sleep(LOOK_MS)
  }
  return true
}

/** Threads that run or want to, on the whole machine: the fourth word of /proc/loadavg, `1/345`. */
function runnable(): number {
  return Number.parseInt(readFileSync('/proc/loadavg', 'utf8').split(' ')[3] ?? '1', 10)
}
