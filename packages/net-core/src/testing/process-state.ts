import { readFileSync } from 'node:fs'

/**
 * The letter that Linux has for what a process is doing: R it runs, S it sleeps, T it is stopped, Z it has ended.
 *
 * @example
 * ```ts
 * import { processState } from '@fund/net-core/testing'
 *
 * if (process.platform === 'linux') console.log(processState(process.pid)) // R
 * ```
 */
export function processState(pid: number): string {
  return /.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? ''
}
