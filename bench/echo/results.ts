import type { Sample } from '../interleave.ts'
import type { Machine } from '../machine.ts'
import type { Pinning } from '../pinning.ts'
import { ratioOf, type Spread, spreadOf } from '../summary.ts'
import type { EchoFigures, EchoShape } from './load.ts'
import { yardstick } from './peers.ts'

/** What is written to results/echo.json: enough to draw the plot, and to doubt it. */
export interface EchoResults {
  readonly bench: 'echo'
  readonly machine: Machine
  readonly rounds: number
  readonly secondsPerWindow: number
  readonly pinning: Pinning | 'none'
  readonly yardstick: string
  readonly shapes: readonly EchoShape[]
  readonly peers: readonly { name: string; title: string; family: string; warmupSeconds: number; isFree: boolean }[]
  readonly summary: readonly EchoSummary[]
  readonly samples: readonly Sample<EchoFigures>[]
}

/** One peer in one shape, over the rounds. */
export interface EchoSummary {
  readonly shape: string
  readonly peer: string
  /** CPU per request, and throughput, as ratios to the yardstick of the same round. */
  readonly cpuRatio: Spread
  readonly throughputRatio: Spread
  readonly cpuUsPerRequest: Spread
  readonly requestsPerSecond: Spread
  readonly p50Us: Spread
  readonly p99Us: Spread
  readonly rssMiB: Spread
}

const cpuUs = (figures: EchoFigures): number => (figures.serverCpuSeconds / figures.requests) * 1e6
const perSecond = (figures: EchoFigures): number => figures.requests / figures.seconds

export function summarise(samples: readonly Sample<EchoFigures>[]): EchoSummary[] {
  const pairs = new Map(samples.map(({ shape, peer }) => [`${shape} ${peer}`, { shape, peer }]))
  return [...pairs.values()].map(({ shape, peer }) => ({
    shape,
    peer,
    cpuRatio: ratioOf(samples, shape, peer, yardstick, cpuUs),
    throughputRatio: ratioOf(samples, shape, peer, yardstick, perSecond),
    cpuUsPerRequest: spreadOf(samples, shape, peer, cpuUs),
    requestsPerSecond: spreadOf(samples, shape, peer, perSecond),
    p50Us: spreadOf(samples, shape, peer, (figures) => figures.p50Us),
    p99Us: spreadOf(samples, shape, peer, (figures) => figures.p99Us),
    rssMiB: spreadOf(samples, shape, peer, (figures) => figures.rssKiB / 1024),
  }))
}
