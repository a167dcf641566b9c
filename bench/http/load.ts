import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFolder } from '../compile.ts'
import type { Pinning } from '../pinning.ts'
import { startServer } from '../server.ts'
import { runWrk, type WrkReport } from '../wrk.ts'
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
export interface HttpFigures extends WrkReport {
  /** CPU of all the server's threads within the window, in user and in kernel mode. */
  readonly serverCpuSeconds: number
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
    const load = { connections: shape.connections, cpu: pinning?.load, script: script(shape) }
    await runWrk(url, { ...load, seconds: WARMUP_SECONDS })
    const before = clocks(server.pid)
    const figures = await runWrk(url, { ...load, seconds })
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
