import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildFolder } from '../compile.ts'
import { micros, rate, times } from '../figures.ts'
import { interleave, type Sample } from '../interleave.ts'
import { type Machine, machine } from '../machine.ts'
import { named, type Options } from '../options.ts'
import { choosePinning } from '../pinning.ts'
import { draw, type PlotPanel } from '../plot.ts'
import { ratioOf, type Spread, spreadOf } from '../summary.ts'
import { table } from '../table.ts'
import { type HttpFigures, type HttpShape, measureHttp } from './load.ts'
import { type HttpPeer, honoPeers, textPeers } from './peers.ts'

const SHORT = 'GET / HTTP/1.1\r\nHost: 127.0.0.1:9090\r\n\r\n'

/** What Chromium sends for a page: 15 fields. */
const BROWSER = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1:9090',
  'Connection: keep-alive',
  'Cache-Control: max-age=0',
  'sec-ch-ua: "Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Sec-Fetch-Site: none',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-User: ?1',
  'Sec-Fetch-Dest: document',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: pt-BR,pt;q=0.9,en;q=0.8',
  '\r\n',
].join('\r\n')

interface Shape extends HttpShape {
  /** The first is what the others are told as a ratio to. */
  readonly peers: readonly HttpPeer[]
}

const shapes: readonly Shape[] = [
  { name: 'text', title: '13 bytes of text', connections: 64, depth: 1, request: SHORT, peers: textPeers },
  {
    name: 'browser',
    title: 'the same, a browser’s head',
    connections: 64,
    depth: 1,
    request: BROWSER,
    peers: textPeers,
  },
  {
    name: 'pipelined',
    title: 'the same, 16 requests at a time',
    connections: 64,
    depth: 16,
    request: SHORT,
    peers: textPeers,
  },
  { name: 'hono', title: 'a Hono app', connections: 64, depth: 1, request: SHORT, peers: honoPeers },
]

/** How many times less CPU than the first peer of its shape, and how much of the floor's speed. */
const targets: readonly { shape: string; peer: string; to: string; least: number }[] = [
  { shape: 'text', peer: 'tiny-http', to: 'node-http', least: 1.5 },
  { shape: 'text', peer: 'tiny-http', to: 'floor', least: 0.9 },
  { shape: 'browser', peer: 'tiny-http', to: 'node-http', least: 1.6 },
  { shape: 'pipelined', peer: 'tiny-http', to: 'node-http', least: 8 },
  { shape: 'hono', peer: 'hono-light', to: 'hono-node-server', least: 1.4 },
]

interface Row {
  readonly shape: string
  readonly peer: string
  /** To the first peer of the shape, in the same round. */
  readonly cpuRatio: Spread
  readonly throughputRatio: Spread
  readonly cpuUs: Spread
  readonly perSecond: Spread
  readonly p99Us: Spread
}

interface Results {
  readonly bench: 'http'
  readonly machine: Machine
  readonly rounds: number
  readonly secondsPerWindow: number
  readonly summary: readonly Row[]
  readonly samples: readonly Sample<HttpFigures>[]
}

/** `pnpm bench http`: short answers by every server, then results/http.json and results/http.svg. */
export async function http(options: Options): Promise<void> {
  const isWhole = options.only.length === 0 && options.shape.length === 0 && options.rounds >= 5 && options.pin
  const folder = options.out ?? (isWhole ? join(import.meta.dirname, '../results') : join(buildFolder, 'results'))
  const results: Results = options.redraw
    ? JSON.parse(readFileSync(join(folder, 'http.json'), 'utf8'))
    : await measureAll(options)
  mkdirSync(folder, { recursive: true })
  if (!options.redraw) writeFileSync(join(folder, 'http.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(folder, 'http.svg'), picture(results))
  console.log(
    `${tables(results)}\n\n${judge(results).join('\n')}\n\n${relative(process.cwd(), folder)}/http.json, http.svg`,
  )
}

async function measureAll(options: Options): Promise<Results> {
  const pinning = choosePinning(options.pin)
  const samples: Sample<HttpFigures>[] = []
  const all = [...textPeers, ...honoPeers]
  named('peer', all, options.only)
  for (const shape of named('shape', shapes, options.shape)) {
    const [first, ...others] = shape.peers
    const chosen = others.filter(({ name }) => options.only.length === 0 || options.only.includes(name))
    samples.push(
      ...(await interleave({
        rounds: options.rounds,
        shapes: [shape],
        peers: [first as HttpPeer, ...chosen],
        measure: (peer, one) => measureHttp(peer, one, options.seconds, pinning),
        onSample: tell,
      })),
    )
  }
  return {
    bench: 'http',
    machine: machine(),
    rounds: options.rounds,
    secondsPerWindow: options.seconds,
    summary: shapes.flatMap((shape) => shape.peers.flatMap((peer) => summarise(samples, shape, peer))),
    samples,
  }
}

const cpuUs = (figures: HttpFigures): number => (figures.serverCpuSeconds / figures.requests) * 1e6
const perSecond = (figures: HttpFigures): number => figures.requests / figures.seconds

function summarise(
  samples: readonly Sample<HttpFigures>[],
  { name: shape, peers }: Shape,
  { name: peer }: HttpPeer,
): Row[] {
  if (!samples.some((sample) => sample.shape === shape && sample.peer === peer)) return []
  const yardstick = (peers[0] as HttpPeer).name
  return [
    {
      shape,
      peer,
      cpuRatio: ratioOf(samples, shape, peer, yardstick, cpuUs),
      throughputRatio: ratioOf(samples, shape, peer, yardstick, perSecond),
      cpuUs: spreadOf(samples, shape, peer, cpuUs),
      perSecond: spreadOf(samples, shape, peer, perSecond),
      p99Us: spreadOf(samples, shape, peer, (figures: HttpFigures) => figures.p99Us),
    },
  ]
}

/** A line for each target that these results can judge: from the CPU of the same round. */
function judge({ samples }: Results): string[] {
  return targets.flatMap(({ shape, peer, to, least }) => {
    const has = (name: string): boolean => samples.some((sample) => sample.shape === shape && sample.peer === name)
    if (!has(peer) || !has(to)) return []
    const found = ratioOf(samples, shape, to, peer, cpuUs).median
    const what = `${peer} does at least ${least.toFixed(2)} x what ${to} does with the same CPU`
    return [`${found >= least ? 'met   ' : 'missed'}  ${shape.padEnd(10)} ${what}: ${found.toFixed(2)}`]
  })
}

function picture({ machine, rounds, secondsPerWindow, summary }: Results): string {
  return draw({
    title: 'What a request costs an HTTP server',
    notes: [
      `${machine.date.slice(0, 10)} · ${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · loopback, load (wrk) and server on a core each`,
      `n = ${rounds} interleaved rounds of ${secondsPerWindow} s · dot: median of the ratios within a round · bar: lowest to highest · arrow: beyond the scale`,
    ],
    columns: [
      { title: 'server CPU per request (less is better)', max: 2, step: 0.5, mark: 1 },
      { title: 'throughput (more is better)', max: 3, step: 0.5, mark: 1 },
    ],
    panels: shapes.map((shape) => panel(shape, summary)).filter(({ rows }) => rows.length > 0),
  })
}

function panel({ name, title, peers }: Shape, summary: readonly Row[]): PlotPanel {
  const rows = peers.flatMap(({ name: peer, title: label, hue, isOurs }) => {
    const row = summary.find((one) => one.shape === name && one.peer === peer)
    if (!row) return []
    const cells = [
      { spread: row.cpuRatio, value: times(row.cpuRatio.median), detail: micros(row.cpuUs.median) },
      { spread: row.throughputRatio, value: times(row.throughputRatio.median), detail: rate(row.perSecond.median) },
    ]
    return [{ label, hue, isStrong: isOurs, cells }]
  })
  return { title, rows }
}

function tables({ summary }: Results): string {
  const parts = shapes.flatMap(({ name, title, peers }) => {
    const rows = peers.flatMap(({ name: peer, title: label }) => {
      const row = summary.find((one) => one.shape === name && one.peer === peer)
      if (!row) return []
      const range = `${row.cpuRatio.low.toFixed(2)}-${row.cpuRatio.high.toFixed(2)}`
      const speed = [rate(row.perSecond.median), times(row.throughputRatio.median), micros(row.p99Us.median)]
      return [[label, micros(row.cpuUs.median), times(row.cpuRatio.median), range, ...speed]]
    })
    return rows.length > 0
      ? [table([[title, 'CPU/request', 'ratio', 'low-high', 'requests', 'ratio', 'p99'], ...rows])]
      : []
  })
  return parts.join('\n\n')
}

function tell({ round, shape, peer, figures }: Sample<HttpFigures>, done: number, total: number): void {
  const waited = ((figures.serverWaitedSeconds / figures.seconds) * 100).toFixed(0)
  const said = `${rate(perSecond(figures)).padStart(7)}  ${micros(cpuUs(figures))}/request  waited ${waited} %`
  console.error(
    `${String(done).padStart(3)}/${total}  round ${round + 1}  ${shape.padEnd(10)}${peer.padEnd(18)}${said}`,
  )
}
