import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { startChild } from './child.ts'
import { buildFolder } from './compile.ts'
import { Fault } from './fault.ts'
import { times } from './figures.ts'
import { interleave, type Sample } from './interleave.ts'
import { type Machine, machine, python } from './machine.ts'
import { named, type Options } from './options.ts'
import { draw, type Hue } from './plot.ts'
import { ratioOf, type Spread, spreadOf } from './summary.ts'
import { table } from './table.ts'

const root = join(import.meta.dirname, '..')
const threading = join(root, 'packages/threading')
const built = join(buildFolder, 'threads')
const programs = join(import.meta.dirname, 'peers/threads')
const yardstick = 'worker'

interface Shape {
  readonly name: string
  readonly title: string
  readonly threads: number
  /** Whether Node runs the TypeScript as it is, or JavaScript as npm carries it. */
  readonly isSource: boolean
}

interface Peer {
  readonly name: string
  readonly title: string
  readonly hue: Hue
  command(shape: Shape): string[]
}

/** What a program says of itself: from before the first thread was asked for until all of them run. */
interface Figures {
  readonly ms: number
  readonly cpuMs: number
  readonly rssMiB: number
}

interface Results {
  readonly bench: 'threads-start'
  readonly machine: Machine
  readonly rounds: number
  readonly yardstick: string
  readonly shapes: readonly Shape[]
  readonly summary: readonly Row[]
  readonly samples: readonly Sample<Figures>[]
}

/** One peer in one shape: each figure for one thread, and as a ratio to the bare worker of the same round. */
interface Row {
  readonly shape: string
  readonly peer: string
  readonly cpuMs: Spread
  readonly cpuRatio: Spread
  readonly ms: Spread
  readonly msRatio: Spread
  readonly rssMiB: Spread
  readonly rssRatio: Spread
}

const shapes: readonly Shape[] = [
  { name: '1', title: '1 thread (and, for ours, the keeper)', threads: 1, isSource: false },
  { name: '10', title: '10 threads', threads: 10, isSource: false },
  { name: '100', title: '100 threads', threads: 100, isSource: false },
  { name: '10-source', title: '10 threads, from TypeScript', threads: 10, isSource: true },
]

const peers: readonly Peer[] = [
  {
    name: yardstick,
    title: 'new Worker, bare',
    hue: 'ink',
    command: ({ isSource }) =>
      isSource
        ? [process.execPath, join(programs, 'start-workers.ts')]
        : [process.execPath, join(built, 'start-workers.js')],
  },
  {
    name: 'thread',
    title: '@fund/threading Thread',
    hue: 'blue',
    command: ({ isSource }) =>
      isSource
        ? [process.execPath, join(threading, 'src/testing/programs/start-threads.ts')]
        : [process.execPath, join(built, 'start-threads.js')],
  },
  {
    name: 'python',
    title: 'CPython threading',
    hue: 'orange',
    command: () => [python, join(programs, 'start_threads.py')],
  },
]

/** `pnpm bench threads-start`: what a thread costs to start, and in memory, beside a bare worker and CPython's. */
export async function threadsStart(options: Options): Promise<void> {
  const isWhole = options.only.length === 0 && options.shape.length === 0 && options.rounds >= 5
  const folder = options.out ?? (isWhole ? join(import.meta.dirname, 'results') : join(buildFolder, 'results'))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'threads-start.json')
  if (!options.redraw) writeFileSync(file, `${JSON.stringify(await measureAll(options), null, 2)}\n`)
  const results: Results = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(join(folder, 'threads-start.svg'), picture(results))
  console.log(`${tables(results)}\n\n${relative(process.cwd(), folder)}/threads-start.json, threads-start.svg`)
}

async function measureAll(options: Options): Promise<Results> {
  const chosen = named('shape', shapes, options.shape)
  const all = named('peer', peers, options.only.length > 0 ? [...options.only, yardstick] : [])
  build()
  // Node keeps what it has stripped of types: once, so that every round meets the same.
  for (const peer of all) for (const shape of chosen.filter(({ isSource }) => isSource)) await measure(peer, shape)
  const samples = await interleave({ rounds: options.rounds, shapes: chosen, peers: all, measure, onSample: tell })
  const pairs = new Map(samples.map(({ shape, peer }) => [`${shape} ${peer}`, { shape, peer }]))
  const summary = [...pairs.values()].map(({ shape, peer }) => summarise(samples, shape, peer))
  return {
    bench: 'threads-start',
    machine: machine(),
    rounds: options.rounds,
    yardstick,
    shapes: chosen,
    summary,
    samples,
  }
}

/** Builds the package as it is published, and the programs as somebody has them who installed it. */
function build(): void {
  const home = join(built, 'node_modules/@fund/threading')
  tsup(['--config', join(root, 'tsup.config.ts'), '--no-dts', '--out-dir', join(home, 'dist')])
  const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(threading, 'package.json'), 'utf8'))
  writeFileSync(join(home, 'package.json'), JSON.stringify({ ...manifest, ...publishConfig }))
  writeFileSync(join(built, 'package.json'), JSON.stringify({ type: 'module' }))
  const sources = [join(programs, 'start-workers.ts'), join(threading, 'src/testing/programs/start-threads.ts')]
  for (const source of sources) {
    tsup(
      [source, '--no-config', '--format', 'esm', '--target', 'node20', '--external', '@fund/threading'].concat(
        '--out-dir',
        built,
      ),
    )
  }
}

function tsup(args: string[]): void {
  const command = [join(root, 'node_modules/tsup/dist/cli-default.js'), ...args, '--silent']
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: threading, encoding: 'utf8' })
  if (status !== 0) throw new Fault(`Cannot build the programs: ${stderr.trim()}`)
}

/** One run of a program; what it says, for one thread. */
async function measure(peer: Peer, shape: Shape): Promise<Figures> {
  const command = [...peer.command(shape), String(shape.threads)]
  const child = startChild(command, undefined, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Fault(`Cannot measure ${command.join(' ')}: it ended with ${code}`)
  const { ms, cpuMs, rssMiB } = JSON.parse(said) as Figures
  return { ms: ms / shape.threads, cpuMs: cpuMs / shape.threads, rssMiB: rssMiB / shape.threads }
}

function summarise(samples: readonly Sample<Figures>[], shape: string, peer: string): Row {
  const figure = (key: keyof Figures): Spread => spreadOf(samples, shape, peer, (figures: Figures) => figures[key])
  const ratio = (key: keyof Figures): Spread =>
    ratioOf(samples, shape, peer, yardstick, (figures: Figures) => figures[key])
  return {
    shape,
    peer,
    cpuMs: figure('cpuMs'),
    cpuRatio: ratio('cpuMs'),
    ms: figure('ms'),
    msRatio: ratio('ms'),
    rssMiB: figure('rssMiB'),
    rssRatio: ratio('rssMiB'),
  }
}

function picture({ machine, rounds, shapes, summary }: Results): string {
  return draw({
    title: 'What a thread costs, compared with a bare worker',
    notes: [
      `${machine.date.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · ${machine.python}`,
      `n = ${rounds} interleaved rounds · per thread, all alive at once · dot: median of the ratios within a round · bar: lowest to highest · arrow: beyond the scale`,
    ],
    columns: [
      { title: 'CPU to start one (less is better)', max: 2.5, step: 0.5, mark: 1 },
      { title: 'resident memory (less is better)', max: 2.5, step: 0.5, mark: 1 },
    ],
    panels: shapes.map(({ name, title }) => ({
      title,
      rows: peers.flatMap((peer) => {
        const row = summary.find((one) => one.shape === name && one.peer === peer.name)
        if (!row) return []
        const cells = [
          { spread: row.cpuRatio, value: times(row.cpuRatio.median), detail: `${digits(row.cpuMs.median)} ms` },
          { spread: row.rssRatio, value: times(row.rssRatio.median), detail: `${digits(row.rssMiB.median)} MiB` },
        ]
        return [{ label: peer.title, hue: peer.hue, isStrong: peer.name === 'thread', cells }]
      }),
    })),
  })
}

function tables({ shapes, summary }: Results): string {
  const parts = shapes.map(({ name, title }) => {
    const header = [`${title}; of each:`, 'CPU', 'to worker', 'low-high', 'time', 'to worker', 'RSS', 'to worker']
    const rows = peers.flatMap((peer) => {
      const row = summary.find((one) => one.shape === name && one.peer === peer.name)
      if (!row) return []
      const { cpuMs, cpuRatio, ms, msRatio, rssMiB, rssRatio } = row
      const range = `${cpuRatio.low.toFixed(2)}-${cpuRatio.high.toFixed(2)}`
      const cpu = [`${digits(cpuMs.median)} ms`, times(cpuRatio.median), range]
      const rest = [`${digits(ms.median)} ms`, times(msRatio.median), `${digits(rssMiB.median)} MiB`]
      return [[peer.title, ...cpu, ...rest, times(rssRatio.median)]]
    })
    return table([header, ...rows])
  })
  return parts.join('\n\n')
}

function digits(value: number): string {
  return value.toFixed(value < 1 ? 3 : 1)
}

function tell({ round, shape, peer, figures }: Sample<Figures>, done: number, total: number): void {
  const said = `${digits(figures.cpuMs)} ms CPU  ${digits(figures.ms)} ms  ${digits(figures.rssMiB)} MiB`
  console.error(`${String(done).padStart(3)}/${total}  round ${round + 1}  ${shape.padEnd(10)}${peer.padEnd(8)}${said}`)
}
