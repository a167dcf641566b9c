import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildFolder } from '../compile.ts'
import { micros, rate } from '../figures.ts'
import { interleave, type Sample } from '../interleave.ts'
import { machine } from '../machine.ts'
import { named, type Options } from '../options.ts'
import { choosePinning } from '../pinning.ts'
import { type EchoFigures, type EchoShape, measureEcho } from './load.ts'
import { type EchoPeer, echoPeers, yardstick } from './peers.ts'
import { disturbedWindows, picture, tables } from './report.ts'
import { type EchoResults, summarise } from './results.ts'
import { judge } from './targets.ts'

const shapes: readonly EchoShape[] = [
  { name: '1x64', title: '1 connection, 64 B', connections: 1, bytes: 64 },
  { name: '50x64', title: '50 connections, 64 B', connections: 50, bytes: 64 },
  { name: '1000x64', title: '1000 connections, 64 B', connections: 1000, bytes: 64 },
  { name: '50x16k', title: '50 connections, 16 KiB', connections: 50, bytes: 16_384 },
]

/** Windows that may be measured again in one run, on a machine that others use too: about two minutes. */
const MOST_REPEATS = 30

/** `pnpm bench echo`: every echo server in every shape, then results/echo.json and results/echo.svg. */
export async function echo(options: Options): Promise<void> {
  const folder = resultsFolder(options)
  const results: EchoResults = options.redraw
    ? JSON.parse(readFileSync(join(folder, 'echo.json'), 'utf8'))
    : await measureAll(options)
  mkdirSync(folder, { recursive: true })
  if (!options.redraw) writeFileSync(join(folder, 'echo.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(folder, 'echo.svg'), picture(results))
  console.log(tables(results))
  const disturbed = disturbedWindows(results)
  if (disturbed > 0) {
    console.log(
      `\nIn ${disturbed} of ${results.samples.length} windows something else had the cores: better measure again on an idle machine.`,
    )
  }
  console.log(`\n${judge(results).join('\n')}\n\n${relative(process.cwd(), folder)}/echo.json, echo.svg`)
}

/** Only a whole run may replace the results that the README shows. */
function resultsFolder({ out, only, shape, rounds, pin }: Options): string {
  if (out !== undefined) return out
  const isWhole = only.length === 0 && shape.length === 0 && rounds >= 5 && pin
  return isWhole ? join(import.meta.dirname, '../results') : join(buildFolder, 'results')
}

async function measureAll(options: Options): Promise<EchoResults> {
  const chosen = named('shape', shapes, options.shape)
  const peers = present(named('peer', echoPeers, options.only.length > 0 ? [...options.only, yardstick] : []))
  const pinning = choosePinning(options.pin)
  if (options.pin && !pinning)
    console.error('Nothing is held on a core of its own here (that takes taskset and two cores).')
  const repeats = { left: MOST_REPEATS }
  const samples = await interleave({
    rounds: options.rounds,
    shapes: chosen,
    peers,
    measure: (peer, shape) => measureEcho(peer, shape, options.seconds, pinning, repeats),
    onSample: tell,
  })
  return {
    bench: 'echo',
    machine: machine(),
    rounds: options.rounds,
    secondsPerWindow: options.seconds,
    pinning: pinning ?? 'none',
    yardstick,
    shapes: chosen,
    peers: peers.map(({ name, title, family, warmupSeconds, isFree = false }) => ({
      name,
      title,
      family,
      warmupSeconds,
      isFree,
    })),
    summary: summarise(samples),
    samples,
  }
}

/** The peers that can run here; each of the others is named with its reason. */
function present(peers: readonly EchoPeer[]): EchoPeer[] {
  return peers.filter((peer) => {
    const reason = peer.missing()
    if (reason !== undefined) console.error(`left out: ${peer.name}, since ${reason}`)
    return reason === undefined
  })
}

function tell({ round, shape, peer, figures }: Sample<EchoFigures>, done: number, total: number): void {
  const cpu = micros((figures.serverCpuSeconds / figures.requests) * 1e6)
  const speed = rate(figures.requests / figures.seconds)
  const again = figures.repeated > 0 ? `  (measured again ${figures.repeated}×: the machine was busy)` : ''
  console.error(
    `${String(done).padStart(3)}/${total}  round ${round + 1}  ${shape.padEnd(9)} ${peer.padEnd(17)} ${speed.padStart(7)}  ${cpu}/request${again}`,
  )
}
