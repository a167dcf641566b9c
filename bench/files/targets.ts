import type { FilesResults, FilesSummary } from './results.ts'

interface Target {
  readonly what: string
  readonly shape: string
  readonly peer: string
  readonly least: number
  found(own: FilesSummary): number
}

/** What tiny-http is meant to reach, per second of CPU. */
const targets: readonly Target[] = [
  ...['1k', '10m'].map((shape) => ({
    shape,
    peer: 'tiny-http',
    what: 'createReadStream',
    least: shape === '1k' ? 10 : 1.8,
    found: (own: FilesSummary) => own.perCpuRatio.median,
  })),
  toNginx('1k', 'tiny-http', 1),
  toNginx('1k', 'tiny-http-trust', 1.1),
  toNginx('100k', 'tiny-http', 1),
]

/** A line for each target that these results can judge. */
export function judge({ summary }: FilesResults): string[] {
  return targets.flatMap(({ shape, peer, what, least, found }) => {
    const own = summary.find((one) => one.shape === shape && one.peer === peer)
    const value = own ? found(own) : Number.NaN
    if (Number.isNaN(value)) return []
    const word = value >= least ? 'met   ' : 'missed'
    return [
      `${word}  ${shape.padEnd(5)} ${peer.padEnd(16)} at least ${least.toFixed(2)} x ${what}: ${value.toFixed(2)}`,
    ]
  })
}

function toNginx(shape: string, peer: string, least: number): Target {
  return { shape, peer, what: 'nginx', least, found: (own) => own.perCpuToNginx.median }
}
