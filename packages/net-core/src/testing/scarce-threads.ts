import { fileURLToPath } from 'node:url'

/**
 * The environment of a program on a system that has few threads left: each thread of the program can make `count` others.
 *
 * @example
 * ```ts
 * import { scarceThreads, startProgram } from '@fund/net-core/testing'
 *
 * const worker = "new (require('node:worker_threads').Worker)('', { eval: true })"
 * await using program = startProgram([process.execPath, '-e', worker], { env: scarceThreads(0) })
 * console.log(await program.ends()) // 1
 * ```
 */
export function scarceThreads(count: number): Record<'NODE_OPTIONS' | 'FUND_TEST_WORKERS', string> {
  // Not --import: a worker that is made from a text does not wait for it.
  const preload = fileURLToPath(new URL('programs/scarce-threads.ts', import.meta.url))
  return { NODE_OPTIONS: `--require=${JSON.stringify(preload)}`, FUND_TEST_WORKERS: `${count}` }
}
