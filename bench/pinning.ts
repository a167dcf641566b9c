import { availableParallelism } from 'node:os'
import { firstLineOf } from './machine.ts'

/** Which core the load has to itself, and which one each server gets. */
export interface Pinning {
  readonly load: number
  readonly server: number
}

/**
 * One core for the load and one for the server, where there are two and taskset is there.
 *
 * Left alone, the kernel at times puts both on one core (when anything else wants the other), which halves the CPU a
 * request costs: they then meet in the cache and take larger batches. Pinned, the same program gives the same figure.
 */
export function choosePinning(isWanted: boolean): Pinning | undefined {
  if (!isWanted || availableParallelism() < 2 || firstLineOf('taskset', '--version') === undefined) return undefined
  return { load: 0, server: 1 }
}
