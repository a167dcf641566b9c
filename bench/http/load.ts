import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { startChild } from '../child.ts'
import { buildFolder } from '../compile.ts'
import { Fault } from '../fault.ts'
import type { Pinning } from '../pinning.ts'
import { startServer } from '../server.ts'
import type { HttpPeer } from './peers.ts'

/** So many connections that send the same bytes again and again, `depth` requests at a time. */
export interface HttpShape {
  readonly name: string
  readonly title: string
  readonly connections: number
  readonly depth: number
  readonly request: string
}

/** What one window of one server was like. */
export interface HttpFigures {
  readonly requests: number
  readonly seconds: number
  /** CPU of all the server's threads within the window, in user and in kernel mode. */
  readonly serverCpuSeconds: number
  readonly p50Us: number
  readonly p99Us: number
  /** How long the server's first thread stood ready while something else had the core. */
  readonly serverWaitedSeconds: number
}

/** Seconds of load before the window opens, for the JIT. */
const WARMUP_SECONDS = 2

/** One window of one server, in a process of its own. */
export async function measureHttp(
  peer: HttpPeer,
  shape: HttpShape,
  seconds: number,
  pinning: Pinning | undefined,
): Promise<HttpFigures> {
  const server = await startServer(peer.command(shape.request.length), pinning?.server)
  try {
    const url = `http://${server.host}:${server.port}/`
    await wrk(shape, WARMUP_SECONDS, url, pinning)
    const before = clocks(server.pid)
    const figures = await wrk(shape, seconds, url, pinning)
    const after = clocks(server.pid)
    return {
      ...figures,
      serverCpuSeconds: after.ran - before.ran,
      serverWaitedSeconds: after.waited - before.waited,
    }
  } finally {
    await server.stop()
  }
}

async function wrk(
  shape: HttpShape,
  seconds: number,
  url: string,
  pinning: Pinning | undefined,
): Promise<Pick<HttpFigures, 'requests' | 'seconds' | 'p50Us' | 'p99Us'>> {
  const words = [
    'wrk',
    '-t1',
    `-c${shape.connections}`,
    `-d${Math.ceil(seconds)}s`,
    '--latency',
    '-s',
    script(shape),
    url,
  ]
  const child = startChild(words, pinning?.load, { stdio: ['ignore', 'pipe', 'inherit'] })
  child.once('error', () =>
    child.stdout?.destroy(new Fault('The load is wrk. On Debian and Ubuntu: apt-get install wrk')),
  )
  const said = await text(child.stdout as NodeJS.ReadableStream)
  const [, requests, took, unit] = /(\d+) requests in ([\d.]+)(m?s)/.exec(said) ?? []
  if (requests === undefined || Number(requests) === 0 || /Non-2xx|Socket errors/.test(said)) {
    throw new Fault(`Cannot measure ${shape.name} at ${url}: ${said.trim()}`)
  }
  return {
    requests: Number(requests),
    seconds: Number(took) / (unit === 'ms' ? 1000 : 1),
    p50Us: latency(said, '50%'),
    p99Us: latency(said, '99%'),
  }
}

function latency(said: string, percent: string): number {
  const [, value, unit] = new RegExp(`${percent} +([\\d.]+)(us|ms|s)`).exec(said) ?? []
  return Number(value) * (unit === 'us' ? 1 : unit === 'ms' ? 1000 : 1_000_000)
}

/** The Lua file that makes wrk send just these bytes. */
function script({ name, request, depth }: HttpShape): string {
  const path = join(buildFolder, `http-${name}.lua`)
  mkdirSync(buildFolder, { recursive: true })
  writeFileSync(path, `local bytes = ${JSON.stringify(request.repeat(depth))}\nrequest = function() return bytes end\n`)
  return path
}

/** How long the threads of a process ran, and the first one waited for a core, in seconds (see sched-stats.rst). */
function clocks(pid: number): { ran: number; waited: number } {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ').map(Number),
  )
  const ran = threads.reduce((sum, [ns = 0]) => sum + ns, 0)
  return { ran: ran / 1e9, waited: (threads[0]?.[1] ?? 0) / 1e9 }
}
