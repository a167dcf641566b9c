import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildFolder } from '../compile.ts'
import { micros, rate, times } from '../figures.ts'
import { interleave, type Sample } from '../interleave.ts'
import { firstLineOf, type Machine, machine } from '../machine.ts'
import { named, type Options } from '../options.ts'
import { draw, type Hue } from '../plot.ts'
import { ratioOf, type Spread, spread, spreadOf } from '../summary.ts'
import { table } from '../table.ts'
import { type BusFigures, type BusPeer, type BusShape, measureBus } from './load.ts'

const shapes: readonly BusShape[] = [
  { name: '20', title: '20 clients', clients: 20 },
  { name: '500', title: '500 clients', clients: 500 },
]

const yardstick = 'one'

const peers: readonly (BusPeer & { readonly hue: Hue })[] = [
  { name: yardstick, title: 'one server', servers: 1, hue: 'ink' },
  { name: 'two', title: 'two servers, Redis', servers: 2, hue: 'blue' },
]

interface Results {
  readonly bench: 'bus'
  readonly machine: Machine
  readonly redis: string
  readonly rounds: number
  readonly secondsPerWindow: number
  readonly yardstick: string
  readonly shapes: readonly BusShape[]
  readonly summary: readonly Row[]
  readonly samples: readonly Sample<BusFigures>[]
}

/** One way to serve a room in one shape, over the rounds. */
interface Row {
  readonly shape: string
  readonly peer: string
  readonly linesPerSecond: Spread
  readonly linesRatio: Spread
  readonly cpuUsPerDelivery: Spread
  readonly cpuRatio: Spread
  readonly p50Us: Spread
  readonly p99Us: Spread
  /** How much longer a line takes than in the same round with one server. */
  readonly addedP50Us: Spread
}

/** `pnpm bench bus`: what a room costs that two servers share through Redis, beside one server. */
export async function bus(options: Options): Promise<void> {
  const isWhole = options.only.length === 0 && options.shape.length === 0 && options.rounds >= 5
  const folder = options.out ?? (isWhole ? join(import.meta.dirname, '../results') : join(buildFolder, 'results'))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'bus.json')
  if (!options.redraw) writeFileSync(file, `${JSON.stringify(await measureAll(options), null, 2)}\n`)
  const results: Results = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(join(folder, 'bus.svg'), picture(results))
  console.log(
    `${tables(results)}\n\n${judge(results).join('\n')}\n\n${relative(process.cwd(), folder)}/bus.json, bus.svg`,
  )
}

async function measureAll(options: Options): Promise<Results> {
  const chosen = named('shape', shapes, options.shape)
  const all = named('peer', peers, options.only.length > 0 ? [...options.only, yardstick] : [])
  const samples = await interleave({
    rounds: options.rounds,
    shapes: chosen,
    peers: all,
    measure: (peer, shape) => measureBus(peer, shape, options.seconds),
    onSample: tell,
  })
  const pairs = new Map(samples.map(({ shape, peer }) => [`${shape} ${peer}`, { shape, peer }]))
  return {
    bench: 'bus',
    machine: machine(),
    redis: firstLineOf('redis-server', '--version') ?? 'missing',
    rounds: options.rounds,
    secondsPerWindow: options.seconds,
    yardstick,
    shapes: chosen,
    summary: [...pairs.values()].map(({ shape, peer }) => summarise(samples, shape, peer)),
    samples,
  }
}

function summarise(samples: readonly Sample<BusFigures>[], shape: string, peer: string): Row {
  const figure = (key: keyof BusFigures): Spread =>
    spreadOf(samples, shape, peer, (figures: BusFigures) => figures[key])
  const ratio = (key: keyof BusFigures): Spread =>
    ratioOf(samples, shape, peer, yardstick, (figures: BusFigures) => figures[key])
  const here = samples.filter((sample) => sample.shape === shape)
  const alone = new Map(here.filter((each) => each.peer === yardstick).map((each) => [each.round, each.figures.p50Us]))
  const added = here
    .filter((sample) => sample.peer === peer)
    .map(({ round, figures }) => figures.p50Us - (alone.get(round) ?? Number.NaN))
  return {
    shape,
    peer,
    linesPerSecond: figure('linesPerSecond'),
    linesRatio: ratio('linesPerSecond'),
    cpuUsPerDelivery: figure('cpuUsPerDelivery'),
    cpuRatio: ratio('cpuUsPerDelivery'),
    p50Us: figure('p50Us'),
    p99Us: figure('p99Us'),
    addedP50Us: spread(added),
  }
}

/** What two servers are meant to reach. */
function judge({ summary }: Results): string[] {
  const two = summary.filter(({ peer }) => peer === 'two')
  return two.flatMap(({ shape, linesRatio, addedP50Us }) => {
    const least = shape === '20' ? 0.35 : 0.6
    return [
      verdict(
        linesRatio.median >= least,
        shape,
        `lines at least ${least} x one server: ${linesRatio.median.toFixed(2)}`,
      ),
      verdict(addedP50Us.median <= 2_000, shape, `added p50 at most 2 ms: ${micros(addedP50Us.median)}`),
    ]
  })
}

function verdict(isMet: boolean, shape: string, what: string): string {
  return `${isMet ? 'met   ' : 'missed'}  ${shape.padEnd(4)} ${what}`
}

function picture({ machine, redis, rounds, secondsPerWindow, shapes, summary }: Results): string {
  const version = /v=(\S+)/.exec(redis)?.[1] ?? redis
  return draw({
    title: 'A room on two servers, compared with a room on one',
    notes: [
      `${machine.date.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · Redis ${version} · loopback, nobody held on a core`,
      `n = ${rounds} interleaved rounds of ${secondsPerWindow} s · dot: median of the ratios within a round · bar: lowest to highest · arrow: beyond the scale`,
    ],
    columns: [
      { title: 'lines to everybody (more is better)', max: 2, step: 0.5, mark: 1 },
      { title: 'servers’ CPU per delivery (less is better)', max: 4, step: 1, mark: 1 },
    ],
    panels: shapes.map(({ name, title }) => ({
      title,
      rows: peers.flatMap((peer) => {
        const row = summary.find((one) => one.shape === name && one.peer === peer.name)
        if (!row) return []
        const { linesRatio, linesPerSecond, cpuRatio, cpuUsPerDelivery } = row
        const cells = [
          { spread: linesRatio, value: times(linesRatio.median), detail: rate(linesPerSecond.median) },
          { spread: cpuRatio, value: times(cpuRatio.median), detail: `${cpuUsPerDelivery.median.toFixed(2)} µs` },
        ]
        return [{ label: peer.title, hue: peer.hue, isStrong: peer.name === 'two', cells }]
      }),
    })),
  })
}

function tables({ shapes, summary }: Results): string {
  const parts = shapes.map(({ name, title }) => {
    const header = [title, 'lines', 'to one', 'low-high', 'CPU/delivery', 'to one', 'p50', 'p99', 'added p50']
    const rows = peers.flatMap((peer) => {
      const row = summary.find((one) => one.shape === name && one.peer === peer.name)
      if (!row) return []
      const { linesPerSecond, linesRatio, cpuUsPerDelivery, cpuRatio, p50Us, p99Us, addedP50Us } = row
      const range = `${linesRatio.low.toFixed(2)}-${linesRatio.high.toFixed(2)}`
      const lines = [rate(linesPerSecond.median), times(linesRatio.median), range]
      const cpu = [`${cpuUsPerDelivery.median.toFixed(2)} µs`, times(cpuRatio.median)]
      return [[peer.title, ...lines, ...cpu, ...[p50Us, p99Us, addedP50Us].map(({ median }) => micros(median))]]
    })
    return table([header, ...rows])
  })
  return parts.join('\n\n')
}

function tell({ round, shape, peer, figures }: Sample<BusFigures>, done: number, total: number): void {
  const said = `${rate(figures.linesPerSecond)} lines  ${figures.cpuUsPerDelivery.toFixed(2)} µs/delivery  p50 ${micros(figures.p50Us)}`
  console.error(`${String(done).padStart(3)}/${total}  round ${round + 1}  ${shape.padEnd(5)}${peer.padEnd(5)}${said}`)
}
