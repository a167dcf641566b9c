import { readdirSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes of memory that this process still needs: its heap and its buffers, with all garbage taken away first. */
export async function bytesInUse(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await nextTurn()
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** How many file descriptors this process has open. Linux only. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length - 1
}
