import type { Sample } from '../interleave.ts'
import type { Machine } from '../machine.ts'
import type { Pinning } from '../pinning.ts'
import { ratioOf, type Spread, spreadOf } from '../summary.ts'
import type { FilesFigures, FilesShape } from './load.ts'
import { yardstick } from './peers.ts'

/** What is written to results/files.json: enough to draw the plot, and to doubt it. */
export interface FilesResults {
  readonly bench: 'files'
  readonly machine: Machine
  readonly nginx: string
  readonly rounds: number
  readonly secondsPerWindow: number
  readonly pinning: Pinning | 'none'
  readonly yardstick: string
  readonly shapes: readonly FilesShape[]
  readonly peers: readonly { name: string; title: string; family: string }[]
  readonly summary: readonly FilesSummary[]
  readonly samples: readonly Sample<FilesFigures>[]
}

/** One peer in one shape, over the rounds. */
export interface FilesSummary {
  readonly shape: string
  readonly peer: string
  /** Ratios to the yardstick of the same round: requests for each second of CPU, and requests a second. */
  readonly perCpuRatio: Spread
  readonly throughputRatio: Spread
  /** The same to nginx, where it was measured. */
  readonly perCpuToNginx: Spread
  readonly throughputToNginx: Spread
  readonly cpuUsPerRequest: Spread
  readonly requestsPerSecond: Spread
  readonly p50Us: Spread
  readonly p99Us: Spread
  readonly rssMiB: Spread
}

const perCpu = (figures: FilesFigures): number => figures.requests / figures.serverCpuSeconds
const perSecond = (figures: FilesFigures): number => figures.requests / figures.seconds

export function summarise(samples: readonly Sample<FilesFigures>[]): FilesSummary[] {
  const pairs = new Map(samples.map(({ shape, peer }) => [`${shape} ${peer}`, { shape, peer }]))
  return [...pairs.values()].map(({ shape, peer }) => ({
    shape,
    peer,
    perCpuRatio: ratioOf(samples, shape, peer, yardstick, perCpu),
    throughputRatio: ratioOf(samples, shape, peer, yardstick, perSecond),
    perCpuToNginx: ratioOf(samples, shape, peer, 'nginx', perCpu),
    throughputToNginx: ratioOf(samples, shape, peer, 'nginx', perSecond),
    cpuUsPerRequest: spreadOf(samples, shape, peer, (figures) => 1e6 / perCpu(figures)),
    requestsPerSecond: spreadOf(samples, shape, peer, perSecond),
    p50Us: spreadOf(samples, shape, peer, (figures) => figures.p50Us),
    p99Us: spreadOf(samples, shape, peer, (figures) => figures.p99Us),
    rssMiB: spreadOf(samples, shape, peer, (figures) => figures.rssKiB / 1024),
  }))
}
