import { micros, rate, times } from '../figures.ts'
import { draw, type Hue, type PlotPanel } from '../plot.ts'
import { table } from '../table.ts'
import type { FilesResults, FilesSummary } from './results.ts'

const hues: Record<string, Hue> = { ours: 'blue', node: 'olive', python: 'rose', nginx: 'teal' }

/** Where each panel's scale ends would squeeze the rows of the others: one for all, beyond which an arrow stands. */
const MOST = 16

/** The picture of the results. */
export function picture(results: FilesResults): string {
  const { machine, rounds, pinning, secondsPerWindow, nginx } = results
  return draw({
    title: 'Servers of files, compared with createReadStream on node:http',
    notes: [
      `${machine.date.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · ${nginx} · ${machine.python} · wrk, loopback${pinning === 'none' ? '' : ', load and server on a core each'}`,
      `n = ${rounds} interleaved rounds of ${secondsPerWindow} s · dot: median of the ratios within a round · bar: lowest to highest · arrow: beyond the scale`,
    ],
    columns: [
      { title: 'requests for each second of CPU (more is better)', max: MOST, step: 4, mark: 1 },
      { title: 'throughput (more is better)', max: MOST, step: 4, mark: 1 },
    ],
    panels: results.shapes.map((shape) => panel(results, shape.name, shape.title)),
  })
}

function panel({ peers, summary, yardstick }: FilesResults, shape: string, title: string): PlotPanel {
  return {
    title,
    rows: peers.flatMap(({ name, title: label, family }) => {
      const found = summary.find((one) => one.shape === shape && one.peer === name)
      if (!found) return []
      const cells = [
        {
          spread: found.perCpuRatio,
          value: times(found.perCpuRatio.median),
          detail: micros(found.cpuUsPerRequest.median),
        },
        {
          spread: found.throughputRatio,
          value: times(found.throughputRatio.median),
          detail: rate(found.requestsPerSecond.median),
        },
      ]
      const hue = name === yardstick ? 'ink' : (hues[family] ?? 'purple')
      return [{ label, hue, isStrong: family === 'ours', cells }]
    }),
  }
}

/** The results as text: a table for each shape. */
export function tables(results: FilesResults): string {
  const parts = results.shapes.map(({ name, title }) => {
    const rows = results.peers.flatMap((peer) => {
      const found = results.summary.find((one) => one.shape === name && one.peer === peer.name)
      return found ? [row(peer.title, found)] : []
    })
    const header = [title, 'CPU/request', 'per CPU', 'to nginx', 'requests', 'ratio', 'to nginx', 'p50', 'p99', 'RSS']
    return table([header, ...rows])
  })
  return parts.join('\n\n')
}

function row(title: string, summary: FilesSummary): string[] {
  return [
    title,
    micros(summary.cpuUsPerRequest.median),
    times(summary.perCpuRatio.median),
    times(summary.perCpuToNginx.median),
    rate(summary.requestsPerSecond.median),
    times(summary.throughputRatio.median),
    times(summary.throughputToNginx.median),
    micros(summary.p50Us.median),
    micros(summary.p99Us.median),
    `${summary.rssMiB.median.toFixed(0)} MiB`,
  ]
}
