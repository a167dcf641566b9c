import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildFolder } from '../compile.ts'
import { micros, rate, times } from '../figures.ts'
import { interleave, type Sample } from '../interleave.ts'
import { type Machine, machine } from '../machine.ts'
import { named, type Options } from '../options.ts'
import { choosePinning } from '../pinning.ts'
import { draw } from '../plot.ts'
import { ratioOf, type Spread, spreadOf } from '../summary.ts'
import { table } from '../table.ts'
import { type ChatFigures, type ChatShape, cpuUs, measureChat } from './load.ts'
import { type ChatPeer, chatPeers, OURS, yardstick } from './peers.ts'

/** Four who speak as fast as what they said comes back, and one line a millisecond from four. */
const shapes: readonly ChatShape[] = [
  { name: '10', title: '10 clients', clients: 10, senders: 4, window: 32, rate: 0, bytes: 64, stuck: 0 },
  { name: '100', title: '100 clients', clients: 100, senders: 4, window: 32, rate: 0, bytes: 64, stuck: 0 },
  { name: '1000', title: '1000 clients', clients: 1000, senders: 4, window: 32, rate: 0, bytes: 64, stuck: 0 },
  {
    name: '100-calm',
    title: '100 clients, a line a millisecond',
    clients: 100,
    senders: 4,
    window: 0,
    rate: 1_000,
    bytes: 64,
    stuck: 0,
  },
]

interface Row {
  readonly shape: string
  readonly peer: string
  readonly cpuUs: Spread
  readonly cpuRatio: Spread
  readonly perSecond: Spread
  readonly perSecondRatio: Spread
  readonly p50Us: Spread
  readonly p99Us: Spread
  readonly missing: Spread
}

interface Results {
  readonly bench: 'chat'
  readonly machine: Machine
  readonly rounds: number
  readonly secondsPerWindow: number
  readonly isPinned: boolean
  readonly yardstick: string
  readonly shapes: readonly ChatShape[]
  readonly rows: readonly Row[]
  readonly samples: readonly Sample<ChatFigures>[]
}

const perSecond = ({ deliveries, seconds }: ChatFigures): number => deliveries / seconds

/** `pnpm bench chat`: what a line to a client costs in a room, ours beside others; results/chat.json and chat.svg. */
export async function chat(options: Options): Promise<void> {
  const isWhole = options.only.length === 0 && options.shape.length === 0 && options.rounds >= 5 && options.pin
  const folder = options.out ?? (isWhole ? join(import.meta.dirname, '../results') : join(buildFolder, 'results'))
  const file = join(folder, 'chat.json')
  const results: Results = options.redraw ? JSON.parse(readFileSync(file, 'utf8')) : await measureAll(options)
  mkdirSync(folder, { recursive: true })
  if (!options.redraw) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(folder, 'chat.svg'), picture(results))
  console.log(
    `${tables(results)}\n\n${judge(results).join('\n')}\n\n${relative(process.cwd(), folder)}/chat.json, chat.svg`,
  )
}

async function measureAll(options: Options): Promise<Results> {
  const chosen = named('shape', shapes, options.shape)
  const peers = named('peer', chatPeers, options.only.length > 0 ? [...options.only, yardstick] : []).filter((peer) => {
    const reason = peer.missing()
    if (reason !== undefined) console.error(`left out: ${peer.name}, since ${reason}`)
    return reason === undefined
  })
  const pinning = choosePinning(options.pin)
  const samples: Sample<ChatFigures>[] = []
  for (const shape of chosen) {
    const able = peers.filter(({ mostClients }) => mostClients >= shape.clients)
    const found = await interleave<ChatShape, ChatPeer, ChatFigures>({
      rounds: options.rounds,
      shapes: [shape],
      peers: able,
      measure: (peer) => measureChat(peer, shape, options.seconds, pinning),
      onSample: ({ round, peer, figures }, done, total) => {
        const words = [`${done}/${total}`, `round ${round + 1}`, shape.name, peer, rate(perSecond(figures))]
        console.error([...words, `${nanos(cpuUs(figures))}/delivery`, figures.firstError].join('  '))
      },
    })
    samples.push(...found)
  }
  return {
    bench: 'chat',
    machine: machine(),
    rounds: options.rounds,
    secondsPerWindow: options.seconds,
    isPinned: pinning !== undefined,
    yardstick,
    shapes: chosen,
    rows: chosen.flatMap(({ name }) => rowsOf(samples, name)),
    samples,
  }
}

function rowsOf(samples: readonly Sample<ChatFigures>[], shape: string): Row[] {
  const there = new Set(samples.filter((sample) => sample.shape === shape).map(({ peer }) => peer))
  const order = chatPeers.map(({ name }) => name).filter((name) => there.has(name))
  return order.map((peer) => ({
    shape,
    peer,
    cpuUs: spreadOf(samples, shape, peer, cpuUs),
    cpuRatio: ratioOf(samples, shape, peer, yardstick, cpuUs),
    perSecond: spreadOf(samples, shape, peer, perSecond),
    perSecondRatio: ratioOf(samples, shape, peer, yardstick, perSecond),
    p50Us: spreadOf(samples, shape, peer, ({ p50Us }) => p50Us),
    p99Us: spreadOf(samples, shape, peer, ({ p99Us }) => p99Us),
    missing: spreadOf(samples, shape, peer, ({ missing }) => missing),
  }))
}

function titleOf(peer: string): string {
  return chatPeers.find(({ name }) => name === peer)?.title ?? peer
}

function tables({ shapes, rows }: Results): string {
  const header = ['CPU/delivery', 'to C', 'deliveries', 'to C', 'p50', 'p99', 'missing']
  const parts = shapes.map(({ name, title }) => {
    const lines = rows
      .filter(({ shape }) => shape === name)
      .map((row) => [
        titleOf(row.peer),
        nanos(row.cpuUs.median),
        times(row.cpuRatio.median),
        rate(row.perSecond.median),
        times(row.perSecondRatio.median),
        micros(row.p50Us.median),
        micros(row.p99Us.median),
        String(row.missing.high),
      ])
    return table([[title, ...header], ...lines])
  })
  return parts.join('\n\n')
}

/** The ratio of two peers within each round, for what is promised. */
function judge({ samples }: Results): string[] {
  const promises = [
    { what: 'CPU of a write a line, to ours', shape: '100', over: 'unbatched', under: OURS, metric: cpuUs, least: 30 },
    {
      what: 'our CPU, to C with one write a turn',
      shape: '1000',
      over: OURS,
      under: yardstick,
      metric: cpuUs,
      most: 1.25,
    },
    {
      what: 'our p50, to a write a line',
      shape: '100-calm',
      over: OURS,
      under: 'unbatched',
      metric: ({ p50Us }: ChatFigures) => p50Us,
      most: 1.6,
    },
  ]
  return promises.flatMap(({ what, shape, over, under, metric, least = 0, most = Number.POSITIVE_INFINITY }) => {
    const isThere = (peer: string): boolean => samples.some((sample) => sample.shape === shape && sample.peer === peer)
    if (!isThere(over) || !isThere(under)) return []
    const { median, low, high } = ratioOf(samples, shape, over, under, metric)
    const word = median >= least && median <= most ? 'met   ' : 'missed'
    const wanted = least > 0 ? `at least ${least}` : `at most ${most}`
    return [`${word}  ${what} at ${shape}: ${wanted}, ${times(median)} (${times(low)} to ${times(high)})`]
  })
}

function picture({ machine, rounds, secondsPerWindow, isPinned, shapes, rows }: Results): string {
  return draw({
    title: 'A line to a client of a room, compared with C doing the same',
    notes: [
      `${machine.date.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · ${machine.python} · loopback${isPinned ? ', load and server on a core each' : ''}`,
      `lines of 64 B, four speak · n = ${rounds} interleaved rounds of ${secondsPerWindow} s · dot: median of the ratios within a round · bar: lowest to highest · arrow: beyond the scale`,
    ],
    columns: [
      { title: 'server CPU per delivery (less is better)', max: 5, step: 1, mark: 1 },
      { title: 'deliveries a second (more is better)', max: 2, step: 0.5, mark: 1 },
    ],
    panels: shapes.map(({ name, title }) => ({
      title,
      rows: rows
        .filter(({ shape }) => shape === name)
        .map(({ peer, cpuRatio, cpuUs, perSecondRatio, perSecond }) => ({
          label: titleOf(peer),
          hue: chatPeers.find(({ name }) => name === peer)?.hue ?? 'ink',
          isStrong: peer === OURS,
          cells: [
            { spread: cpuRatio, value: times(cpuRatio.median), detail: nanos(cpuUs.median) },
            { spread: perSecondRatio, value: times(perSecondRatio.median), detail: rate(perSecond.median) },
          ],
        })),
    })),
  })
}

function nanos(us: number): string {
  return us < 1 ? `${Math.round(us * 1000)} ns` : micros(us)
}
