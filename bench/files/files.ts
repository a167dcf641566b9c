import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildFolder } from '../compile.ts'
import { micros, rate } from '../figures.ts'
import { interleave, type Sample } from '../interleave.ts'
import { machine } from '../machine.ts'
import { named, type Options } from '../options.ts'
import { choosePinning } from '../pinning.ts'
import { type FilesFigures, type FilesShape, measureFiles } from './load.ts'
import { type FilesPeer, filesPeers, yardstick } from './peers.ts'
import { picture, tables } from './report.ts'
import { type FilesResults, summarise } from './results.ts'
import { judge } from './targets.ts'

const KIB = 1024

const shapes: readonly FilesShape[] = [
  { name: '1k', title: '1 KiB, 64 connections', file: '1k.txt', bytes: KIB, connections: 64 },
  { name: '100k', title: '100 KiB, 64 connections', file: '100k.txt', bytes: 100 * KIB, connections: 64 },
  { name: '10m', title: '10 MiB, 16 connections', file: '10m.txt', bytes: 10 * KIB * KIB, connections: 16 },
]

/** `pnpm bench files`: every server of files in every shape, then results/files.json and results/files.svg. */
export async function files(options: Options): Promise<void> {
  const folder = resultsFolder(options)
  const results: FilesResults = options.redraw
    ? JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8'))
    : await measureAll(options)
  mkdirSync(folder, { recursive: true })
  if (!options.redraw) writeFileSync(join(folder, 'files.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(folder, 'files.svg'), picture(results))
  console.log(
    `${tables(results)}\n\n${judge(results).join('\n')}\n\n${relative(process.cwd(), folder)}/files.json, files.svg`,
  )
}

/** Only a whole run may replace the results that the README shows. */
function resultsFolder({ out, only, shape, rounds, pin }: Options): string {
  if (out !== undefined) return out
  const isWhole = only.length === 0 && shape.length === 0 && rounds >= 5 && pin
  return isWhole ? join(import.meta.dirname, '../results') : join(buildFolder, 'results')
}

async function measureAll(options: Options): Promise<FilesResults> {
  const chosen = named('shape', shapes, options.shape)
  const peers = present(named('peer', filesPeers, options.only.length > 0 ? [...options.only, yardstick] : []))
  const pinning = choosePinning(options.pin)
  const folder = site()
  const samples = await interleave({
    rounds: options.rounds,
    shapes: chosen,
    peers,
    measure: (peer, shape) => measureFiles(peer, shape, folder, options.seconds, pinning),
    onSample: tell,
  })
  return {
    bench: 'files',
    machine: machine(),
    nginx: spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr?.trim().replace('nginx version: ', '') ?? 'no nginx',
    rounds: options.rounds,
    secondsPerWindow: options.seconds,
    pinning: pinning ?? 'none',
    yardstick,
    shapes: chosen,
    peers: peers.map(({ name, title, family }) => ({ name, title, family })),
    summary: summarise(samples),
    samples,
  }
}

/** The folder that all of them serve. Its files are old: a server may keep them. */
function site(): string {
  const folder = join(buildFolder, 'site')
  mkdirSync(folder, { recursive: true })
  for (const { file, bytes } of shapes) {
    const path = join(folder, file)
    writeFileSync(
      path,
      'olá, mundo\n'
        .repeat(bytes / 8)
        .slice(0, bytes)
        .replaceAll('á', 'a'),
    )
    utimesSync(path, 0, 1_600_000_000)
  }
  return folder
}

/** The peers that can run here; each of the others is named with its reason. */
function present(peers: readonly FilesPeer[]): FilesPeer[] {
  return peers.filter((peer) => {
    const reason = peer.missing()
    if (reason !== undefined) console.error(`left out: ${peer.name}, since ${reason}`)
    return reason === undefined
  })
}

function tell({ round, shape, peer, figures }: Sample<FilesFigures>, done: number, total: number): void {
  const cpu = micros((figures.serverCpuSeconds / figures.requests) * 1e6)
  const speed = rate(figures.requests / figures.seconds)
  const count = `${String(done).padStart(3)}/${total}  round ${round + 1}`
  console.error(`${count}  ${shape.padEnd(5)} ${peer.padEnd(19)} ${speed.padStart(7)}  ${cpu}/request`)
}
