import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildFolder } from './compile.ts'
import { type EchoFigures, type EchoShape, measureEcho } from './echo/load.ts'
import { type EchoPeer, echoPeers, yardstick } from './echo/peers.ts'
import { tables } from './echo/report.ts'
import { type EchoResults, type EchoSummary, summarise } from './echo/results.ts'
import { micros, rate, times } from './figures.ts'
import { interleave, type Sample } from './interleave.ts'
import { machine } from './machine.ts'
import { named, type Options } from './options.ts'
import { draw, type Hue } from './plot.ts'

const NAME = 'fund-blocking'

const shapes: readonly EchoShape[] = [
  { name: '1x64', title: '1 connection, 64 B', connections: 1, bytes: 64 },
  { name: '16x64', title: '16 connections, 64 B', connections: 16, bytes: 64 },
  { name: '1x1M', title: '1 connection, 1 MiB', connections: 1, bytes: 1024 * 1024 },
  { name: '16x1M', title: '16 connections, 1 MiB', connections: 16, bytes: 1024 * 1024 },
]

/** Throughput as a ratio to bare node:net that the blocking face is meant to reach. */
const targets: Readonly<Record<string, number>> = { '1x64': 0.55, '16x64': 0.55, '1x1M': 0.6, '16x1M': 0.6 }

const peers: readonly EchoPeer[] = [
  {
    name: NAME,
    title: 'fund, blocking threads',
    family: 'ours',
    warmupSeconds: 1,
    command: () => [process.execPath, join(import.meta.dirname, 'peers/echo/blocking.ts'), '0'],
    missing: () => undefined,
  },
  ...echoPeers.filter(({ name }) => [yardstick, 'python-threads'].includes(name)),
]

const hues: Readonly<Record<string, Hue>> = { [NAME]: 'blue', [yardstick]: 'ink', 'python-threads': 'orange' }

/**
 * `pnpm bench blocking`: a thread for each client in blocking calls, beside bare node:net and CPython's threads, then
 * results/blocking.json and results/blocking.svg. Nobody is held on a core: what threads do with several is the point.
 */
export async function blocking(options: Options): Promise<void> {
  const isWhole = options.only.length === 0 && options.shape.length === 0 && options.rounds >= 5
  const folder = options.out ?? (isWhole ? join(import.meta.dirname, 'results') : join(buildFolder, 'results'))
  const file = join(folder, 'blocking.json')
  const results: EchoResults = options.redraw ? JSON.parse(readFileSync(file, 'utf8')) : await measureAll(options)
  mkdirSync(folder, { recursive: true })
  if (!options.redraw) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(folder, 'blocking.svg'), picture(results))
  console.log(`${tables(results)}\n\n${judge(results).join('\n')}`)
  console.log(`\n${relative(process.cwd(), folder)}/blocking.json, blocking.svg`)
}

async function measureAll(options: Options): Promise<EchoResults> {
  const chosen = named('shape', shapes, options.shape)
  const present = named('peer', peers, options.only.length > 0 ? [...options.only, yardstick] : []).filter((peer) => {
    const reason = peer.missing()
    if (reason !== undefined) console.error(`left out: ${peer.name}, since ${reason}`)
    return reason === undefined
  })
  const samples = await interleave({
    rounds: options.rounds,
    shapes: chosen,
    peers: present,
    measure: (peer, shape) => measureEcho(peer, shape, options.seconds, undefined, { left: 0 }),
    onSample: tell,
  })
  return {
    bench: 'echo',
    machine: machine(),
    rounds: options.rounds,
    secondsPerWindow: options.seconds,
    pinning: 'none',
    yardstick,
    shapes: chosen,
    peers: present.map(({ name, title, family, warmupSeconds }) => ({
      name,
      title,
      family,
      warmupSeconds,
      isFree: true,
    })),
    summary: summarise(samples),
    samples,
  }
}

function tell({ round, shape, peer, figures }: Sample<EchoFigures>, done: number, total: number): void {
  const speed = rate(figures.requests / figures.seconds)
  console.error(`${done}/${total}  round ${round + 1}  ${shape.padEnd(6)} ${peer.padEnd(15)} ${speed}`)
}

function judge({ summary }: EchoResults): string[] {
  const of = (shape: string, peer: string): EchoSummary | undefined =>
    summary.find((one) => one.shape === shape && one.peer === peer)
  return Object.entries(targets).flatMap(([shape, target]) => {
    const own = of(shape, NAME)?.throughputRatio.median
    const python = of(shape, 'python-threads')?.throughputRatio.median
    if (own === undefined) return []
    const beside = python === undefined ? '' : `, ${(own / python).toFixed(2)} x CPython threads`
    const word = own >= target ? 'met   ' : 'missed'
    return [`${word}  ${shape.padEnd(6)} at least ${target.toFixed(2)} x node:net: ${own.toFixed(2)}${beside}`]
  })
}

function picture({ machine, rounds, secondsPerWindow, shapes, peers, summary }: EchoResults): string {
  return draw({
    title: 'A thread for each client, in blocking calls, compared with bare node:net',
    notes: [
      `${machine.date.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · ${machine.python} · loopback, nobody held on a core`,
      `n = ${rounds} interleaved rounds of ${secondsPerWindow} s · dot: median of the ratios within a round · bar: lowest to highest · arrow: beyond the scale`,
    ],
    columns: [
      { title: 'server CPU per request (less is better)', max: 6, step: 1, mark: 1 },
      { title: 'throughput (more is better)', max: 2, step: 0.5, mark: 1 },
    ],
    panels: shapes.map(({ name: shape, title }) => ({
      title,
      rows: peers.flatMap(({ name, title: label, family }) => {
        const found = summary.find((one) => one.shape === shape && one.peer === name)
        if (!found) return []
        const { cpuRatio, cpuUsPerRequest, throughputRatio, requestsPerSecond } = found
        const cells = [
          { spread: cpuRatio, value: times(cpuRatio.median), detail: micros(cpuUsPerRequest.median) },
          { spread: throughputRatio, value: times(throughputRatio.median), detail: rate(requestsPerSecond.median) },
        ]
        return [{ label, hue: hues[name] ?? 'olive', isStrong: family === 'ours', cells }]
      }),
    })),
  })
}
