import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { stranger } from './environment.ts'

/** How long `fund-echo --help` takes as a multiple of `node -e 0`: medians of interleaved runs on the same Node. */
export function helpRatio(node: string, bin: string, rounds = 11): { ratio: number; helpMs: number; bareMs: number } {
  const env = stranger()
  function time(args: string[]): number {
    const started = performance.now()
    spawnSync(node, args, { env, stdio: 'ignore' })
    return performance.now() - started
  }
  const pairs = Array.from({ length: rounds }, () => ({ bare: time(['-e', '0']), help: time([bin, '--help']) }))
  const bareMs = median(pairs.map(({ bare }) => bare))
  const helpMs = median(pairs.map(({ help }) => help))
  return { ratio: helpMs / bareMs, helpMs, bareMs }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
