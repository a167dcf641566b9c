import type { EchoResults, EchoSummary } from './results.ts'

interface Target {
  readonly what: string
  readonly shape: string
  isMet(own: EchoSummary, all: ReadonlyMap<string, EchoSummary>): boolean | undefined
  found(own: EchoSummary, all: ReadonlyMap<string, EchoSummary>): number
}

const loaded = ['50x64', '1000x64', '50x16k']

/** What fund-echo, as it ships, is meant to reach. */
const targets: readonly Target[] = [
  ...loaded.map((shape) => cpuAtMost(shape, 1.1)),
  throughputAtLeast('50x64', 0.95),
  throughputAtLeast('1000x64', 0.85),
  throughputAtLeast('50x16k', 0.85),
  timesPython('50x64', 1.3),
]

/** A line for each target that these results can judge. */
export function judge(results: EchoResults): string[] {
  return targets.flatMap((target) => {
    const here = results.summary.filter(({ shape }) => shape === target.shape)
    const all = new Map(here.map((summary) => [summary.peer, summary]))
    const own = all.get('fund-echo')
    const isMet = own && target.isMet(own, all)
    if (!own || isMet === undefined) return []
    return [
      `${isMet ? 'met   ' : 'missed'}  ${target.shape.padEnd(9)} ${target.what}: ${target.found(own, all).toFixed(2)}`,
    ]
  })
}

function cpuAtMost(shape: string, limit: number): Target {
  return {
    shape,
    what: `CPU per request at most ${limit.toFixed(2)} x node:net`,
    isMet: (own) => own.cpuRatio.median <= limit,
    found: (own) => own.cpuRatio.median,
  }
}

function throughputAtLeast(shape: string, limit: number): Target {
  return {
    shape,
    what: `throughput at least ${limit.toFixed(2)} x node:net`,
    isMet: (own) => own.throughputRatio.median >= limit,
    found: (own) => own.throughputRatio.median,
  }
}

function timesPython(shape: string, limit: number): Target {
  const found = (own: EchoSummary, all: ReadonlyMap<string, EchoSummary>): number =>
    own.throughputRatio.median / (all.get('python-threads')?.throughputRatio.median ?? Number.NaN)
  return {
    shape,
    what: `throughput at least ${limit.toFixed(2)} x CPython threads`,
    isMet: (own, all) => (all.has('python-threads') ? found(own, all) >= limit : undefined),
    found,
  }
}
