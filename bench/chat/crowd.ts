import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildFolder } from '../compile.ts'
import { micros, times } from '../figures.ts'
import { interleave, type Sample } from '../interleave.ts'
import { type Machine, machine } from '../machine.ts'
import { named, type Options } from '../options.ts'
import { choosePinning } from '../pinning.ts'
import { draw } from '../plot.ts'
import { ratioOf, type Spread, spread, spreadOf } from '../summary.ts'
import { table } from '../table.ts'
import { type ChatFigures, type ChatShape, measureChat } from './load.ts'
import { type ChatPeer, chatPeers, OURS } from './peers.ts'

const THREADS = 'fund-threads'

const models: ChatShape = { ...shapeOf('30', '30 clients', 30), senders: 2 }
const silent: ChatShape = {
  ...shapeOf('10000', '10,000 silent clients and 10 who talk', 10_010),
  senders: 10,
  rate: 10,
}
const calm: ChatShape = { ...shapeOf('reading', '100 clients', 100), rate: 2_000, bytes: 1_000 }
const stuck: ChatShape = { ...calm, name: 'stuck', title: '100 clients, and 50 who never read', stuck: 50 }

interface Part {
  readonly shapes: readonly ChatShape[]
  readonly peers: readonly string[]
  /** How long a window is; where it is not said, as `--seconds` says. */
  readonly seconds?: number
  readonly rounds?: number
}

/** What is compared with what. Ten thousand for a minute are measured once. */
const parts: readonly Part[] = [
  { shapes: [models], peers: [OURS, THREADS, 'python-threads', 'asyncio'] },
  { shapes: [silent], peers: [OURS, 'asyncio', 'c-epoll'], seconds: 60, rounds: 1 },
  { shapes: [calm, stuck], peers: [OURS], seconds: 10 },
]

interface Results {
  readonly bench: 'chat-crowd'
  readonly machine: Machine
  readonly rounds: number
  readonly isPinned: boolean
  readonly samples: readonly Sample<ChatFigures>[]
}

function shapeOf(name: string, title: string, clients: number): ChatShape {
  return { name, title, clients, senders: 4, window: 8, rate: 100, bytes: 64, stuck: 0 }
}

/** What one client more costs: memory, and the time and CPU until it hears and is heard. */
const kibPerClient = (shape: ChatShape) => (figures: ChatFigures) =>
  (figures.joinedRssKiB - figures.emptyRssKiB) / shape.clients
const cpuMsPerClient = (shape: ChatShape) => (figures: ChatFigures) => (figures.joinCpuSeconds * 1e3) / shape.clients
const msPerClient = (shape: ChatShape) => (figures: ChatFigures) => (figures.joinSeconds * 1e3) / shape.clients

/** `pnpm bench chat-crowd`: results/chat-crowd.json, and chat-models.svg for threads beside tasks. */
export async function crowd(options: Options): Promise<void> {
  const isWhole = options.only.length === 0 && options.shape.length === 0 && options.rounds >= 5 && options.pin
  const folder = options.out ?? (isWhole ? join(import.meta.dirname, '../results') : join(buildFolder, 'results'))
  const file = join(folder, 'chat-crowd.json')
  const results: Results = options.redraw ? JSON.parse(readFileSync(file, 'utf8')) : await measureAll(options)
  mkdirSync(folder, { recursive: true })
  if (!options.redraw) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  const has = (shape: ChatShape): boolean => results.samples.some((sample) => sample.shape === shape.name)
  if (has(models)) writeFileSync(join(folder, 'chat-models.svg'), picture(results))
  console.log(
    [models, silent, calm, stuck]
      .filter(has)
      .map((shape) => tableOf(results, shape))
      .join('\n\n'),
  )
  console.log(`\n${judge(results).join('\n')}\n\n${relative(process.cwd(), file)}`)
}

async function measureAll(options: Options): Promise<Results> {
  const pinning = choosePinning(options.pin)
  const samples: Sample<ChatFigures>[] = []
  const all = parts.flatMap(({ shapes }) => shapes)
  const wanted = new Set(named('shape', all, options.shape).map(({ name }) => name))
  for (const part of parts) {
    const peers = named('peer', chatPeers, options.only).filter(({ name }) => part.peers.includes(name))
    const found = await interleave<ChatShape, ChatPeer, ChatFigures>({
      rounds: part.rounds ?? options.rounds,
      shapes: part.shapes.filter(({ name }) => wanted.has(name)),
      peers: peers.filter((peer) => peer.missing() === undefined),
      measure: (peer, shape) => measureChat(peer, shape, part.seconds ?? options.seconds, pinning),
      onSample: ({ round, peer, shape, figures }, done, total) => {
        const kib = ((figures.joinedRssKiB - figures.emptyRssKiB) / figuresClients(shape)).toFixed(1)
        console.error(
          `${done}/${total}  round ${round + 1}  ${shape}  ${peer}  ${kib} KiB a client  ${figures.firstError}`,
        )
      },
    })
    samples.push(...found)
  }
  return { bench: 'chat-crowd', machine: machine(), rounds: options.rounds, isPinned: pinning !== undefined, samples }
}

function figuresClients(name: string): number {
  return parts.flatMap(({ shapes }) => shapes).find((shape) => shape.name === name)?.clients ?? 1
}

function titleOf(peer: string): string {
  return chatPeers.find(({ name }) => name === peer)?.title ?? peer
}

function peersIn({ samples }: Results, shape: ChatShape): string[] {
  const there = new Set(samples.filter((sample) => sample.shape === shape.name).map(({ peer }) => peer))
  return chatPeers.map(({ name }) => name).filter((name) => there.has(name))
}

function tableOf(results: Results, shape: ChatShape): string {
  const { samples } = results
  const header = ['KiB/client', 'CPU/client', 'time/client', 'p50', 'p99', 'RSS', 'missing', 'cut']
  const lines = peersIn(results, shape).map((peer) => {
    const of = (metric: (figures: ChatFigures) => number): Spread => spreadOf(samples, shape.name, peer, metric)
    return [
      titleOf(peer),
      of(kibPerClient(shape)).median.toFixed(1),
      micros(of(cpuMsPerClient(shape)).median * 1e3),
      micros(of(msPerClient(shape)).median * 1e3),
      micros(of(({ p50Us }) => p50Us).median),
      micros(of(({ p99Us }) => p99Us).median),
      `${Math.round(of(({ peakRssKiB }) => peakRssKiB).high / 1024)} MiB`,
      String(of(({ missing }) => missing).high),
      String(of(({ lostConnections }) => lostConnections).high),
    ]
  })
  return table([[shape.title, ...header], ...lines])
}

function judge({ samples }: Results): string[] {
  const of = (shape: ChatShape): ChatFigures[] =>
    samples.filter((sample) => sample.shape === shape.name && sample.peer === OURS).map(({ figures }) => figures)
  const verdicts: [boolean, string][] = []
  const crowds = of(silent)
  if (crowds.length > 0) {
    const kib = spread(crowds.map(kibPerClient(silent))).high
    const p99 = spread(crowds.map(({ p99Us }) => p99Us)).high
    const mib = spread(crowds.map(({ peakRssKiB }) => peakRssKiB / 1024)).high
    const missing = spread(crowds.map((figures) => figures.missing)).high
    verdicts.push([kib <= 6, `a silent client: at most 6 KiB, ${kib.toFixed(1)}`])
    verdicts.push([missing === 0, `10,000 silent, 10 talk: nothing lost, ${missing} missing`])
    verdicts.push([p99 < 250_000, `p99 below 250 ms, ${micros(p99)}`])
    verdicts.push([mib < 200, `RSS below 200 MiB, ${Math.round(mib)}`])
  }
  const [reading, withStuck] = [of(calm), of(stuck)]
  if (reading.length > 0 && withStuck.length > 0) {
    const ratios = withStuck.map(({ p99Us }, round) => p99Us / (reading[round]?.p99Us ?? p99Us))
    const more = withStuck.map(({ peakRssKiB }, round) => (peakRssKiB - (reading[round]?.peakRssKiB ?? 0)) / 1024)
    const [ratio, mib] = [spread(ratios).median, spread(more).high]
    verdicts.push([ratio <= 1.2, `50 who never read: the others' p99 at most 1.2×, ${times(ratio)}`])
    verdicts.push([mib <= 100, `at most 100 MiB more, ${Math.round(mib)}`])
  }
  return verdicts.map(([isMet, words]) => `${isMet ? 'met   ' : 'missed'}  ${words}`)
}

/** Threads and tasks side by side: what one client costs, relative to a task. */
function picture(results: Results): string {
  const { machine, rounds, samples } = results
  const metrics = [
    { metric: kibPerClient(models), detail: (value: number) => `${value.toFixed(0)} KiB` },
    { metric: cpuMsPerClient(models), detail: (value: number) => micros(value * 1e3) },
  ]
  return draw({
    title: 'What one client costs a room: a thread, or a task',
    notes: [
      `${machine.date.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · ${machine.python} · 30 clients`,
      `n = ${rounds} interleaved rounds · dot: median of the ratios to fund’s tasks within a round · bar: lowest to highest · arrow: beyond the scale`,
    ],
    columns: [
      { title: 'memory of a client (less is better)', max: 20, step: 5, mark: 1 },
      { title: 'CPU until it is heard (less is better)', max: 20, step: 5, mark: 1 },
    ],
    panels: [
      {
        title: models.title,
        rows: peersIn(results, models).map((peer) => ({
          label: titleOf(peer),
          hue: chatPeers.find(({ name }) => name === peer)?.hue ?? 'ink',
          isStrong: peer === OURS || peer === THREADS,
          cells: metrics.map(({ metric, detail }) => {
            const ratio = ratioOf(samples, models.name, peer, OURS, metric)
            const own = spreadOf(samples, models.name, peer, metric)
            return { spread: ratio, value: times(ratio.median), detail: detail(own.median) }
          }),
        })),
      },
    ],
  })
}
