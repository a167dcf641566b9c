import { micros, rate, times } from '../figures.ts'
import { draw, type Hue, type PlotPanel } from '../plot.ts'
import type { Spread } from '../summary.ts'
import { table } from '../table.ts'
import type { EchoResults, EchoSummary } from './results.ts'

const hues: Record<string, Hue> = {
  'fund-echo': 'blue',
  'fund-echo-64k': 'blue',
  'on-chunk': 'blue',
  'node-net': 'ink',
  'python-threads': 'orange',
  'python-threads-1': 'orange',
  asyncio: 'rose',
  uvloop: 'purple',
  'c-epoll': 'teal',
}

/** The picture of the results. */
export function picture(results: EchoResults): string {
  const { machine, rounds, pinning, secondsPerWindow } = results
  const disturbed = disturbedWindows(results)
  return draw({
    title: 'An echo server’s cost, compared with bare node:net',
    notes: [
      `${machine.date.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · ${machine.python} · loopback${pinning === 'none' ? '' : ', load and server on a core each'}`,
      `n = ${rounds} interleaved rounds of ${secondsPerWindow} s · dot: median of the ratios within a round · bar: lowest to highest · arrow: beyond the scale${disturbed === 0 ? '' : ` · ${disturbed} windows disturbed`}`,
    ],
    columns: [
      { title: 'server CPU per request (less is better)', max: 2.5, step: 0.5, mark: 1 },
      { title: 'throughput (more is better)', max: 2, step: 0.5, mark: 1 },
    ],
    panels: results.shapes.map((shape) => panel(results, shape.name, shape.title)),
  })
}

function panel({ peers, summary }: EchoResults, shape: string, title: string): PlotPanel {
  return {
    title,
    rows: peers.flatMap(({ name, title: label, family }) => {
      const found = summary.find((one) => one.shape === shape && one.peer === name)
      if (!found) return []
      const cells = [
        { spread: found.cpuRatio, value: times(found.cpuRatio.median), detail: micros(found.cpuUsPerRequest.median) },
        {
          spread: found.throughputRatio,
          value: times(found.throughputRatio.median),
          detail: rate(found.requestsPerSecond.median),
        },
      ]
      return [{ label, hue: hues[name] ?? 'olive', isStrong: family === 'ours', cells }]
    }),
  }
}

/** In how many windows something else had the cores, however often they were repeated. */
export function disturbedWindows({ samples }: EchoResults): number {
  return samples.filter(({ figures }) => figures.isDisturbed).length
}

/** The results as text: a table for each shape. */
export function tables(results: EchoResults): string {
  const parts = results.shapes.map(({ name, title }) => {
    const rows = results.summary.filter(({ shape }) => shape === name).map((summary) => row(results, summary))
    const header = [
      title,
      'CPU/request',
      'to node:net',
      'low-high',
      'requests',
      'to node:net',
      'low-high',
      'p50',
      'p99',
      'RSS',
    ]
    return table([header, ...rows.toSorted((a, b) => order(results, a) - order(results, b))])
  })
  return parts.join('\n\n')
}

function row({ peers }: EchoResults, summary: EchoSummary): string[] {
  return [
    peers.find(({ name }) => name === summary.peer)?.title ?? summary.peer,
    micros(summary.cpuUsPerRequest.median),
    times(summary.cpuRatio.median),
    range(summary.cpuRatio),
    rate(summary.requestsPerSecond.median),
    times(summary.throughputRatio.median),
    range(summary.throughputRatio),
    micros(summary.p50Us.median),
    micros(summary.p99Us.median),
    `${summary.rssMiB.median.toFixed(0)} MiB`,
  ]
}

/** Rounds begin with different peers; the table keeps the list's order. */
function order({ peers }: EchoResults, [title]: string[]): number {
  return peers.findIndex((peer) => peer.title === title)
}

function range({ low, high }: Spread): string {
  return `${low.toFixed(2)}-${high.toFixed(2)}`
}
