import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes of memory that this process still needs: its heap and its buffers, with all garbage taken away first. */
export async function bytesInUse(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  // Buffers are freed in the background, some time after the collection.
  for (let idle = 0; idle < 3; idle += 1) {
    collect()
    await pause(2)
    const { heapUsed, external } = process.memoryUsage()
    if (heapUsed + external < least - 10_000) idle = 0
    least = Math.min(least, heapUsed + external)
  }
  return least
}

/** How many file descriptors this process has open. Linux only. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length - 1
}
