import { text } from 'node:stream/consumers'
import { startChild } from '../child.ts'
import { compile } from '../compile.ts'
import { Fault } from '../fault.ts'
import type { Pinning } from '../pinning.ts'
import { waitForQuiet } from '../quiet.ts'
import { startServer } from '../server.ts'
import type { EchoPeer } from './peers.ts'

/** So many connections, each of which has one message of so many bytes under way. */
export interface EchoShape {
  readonly name: string
  readonly title: string
  readonly connections: number
  readonly bytes: number
}

/** What one window of one server was like, as the load tells it. */
interface Window {
  readonly requests: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
  /** CPU of all the server's threads within the window, in user and in kernel mode. */
  readonly serverCpuSeconds: number
  readonly loadCpuSeconds: number
  /** How long the server's first thread, and the load, stood ready while something else had the core. */
  readonly serverWaitedSeconds: number
  readonly loadWaitedSeconds: number
  readonly rssKiB: number
  readonly peakRssKiB: number
  readonly errors: number
  readonly firstError: string
}

/** The window that counts. */
export interface EchoFigures extends Window {
  /** How many more windows were measured, because something else had the cores. */
  readonly repeated: number
  /** Something else had the cores in this one, too. */
  readonly isDisturbed: boolean
}

/** Above this share of the window spent waiting for a core, the machine was busy with something else. */
const DISTURBED_SHARE = 0.05
/** How often a window is measured at most, and how long to wait for a quiet machine before each repeat. */
const MOST_TRIES = 4
const PATIENCE_MS = 2000

/**
 * One window of one server. When something else had the cores meanwhile, again, as long as `repeats` has some left; then
 * the least disturbed window counts. It is chosen by who had the cores, never by the result.
 */
export async function measureEcho(
  peer: EchoPeer,
  shape: EchoShape,
  seconds: number,
  pinning: Pinning | undefined,
  repeats: { left: number },
): Promise<EchoFigures> {
  let best = await measureOnce(peer, shape, seconds, pinning)
  let repeated = 0
  while (isDisturbed(best, peer, pinning) && repeated + 1 < MOST_TRIES && repeats.left > 0) {
    await waitForQuiet(PATIENCE_MS)
    const next = await measureOnce(peer, shape, seconds, pinning)
    if (disturbance(next) < disturbance(best)) best = next
    repeated++
    repeats.left--
  }
  return { ...best, repeated, isDisturbed: isDisturbed(best, peer, pinning) }
}

/** Not held on one core, the server and the load take it from each other: waiting then says nothing about others. */
function isDisturbed(figures: Window, peer: EchoPeer, pinning: Pinning | undefined): boolean {
  return pinning !== undefined && !peer.isFree && disturbance(figures) > DISTURBED_SHARE
}

function disturbance({ serverWaitedSeconds, loadWaitedSeconds, seconds }: Window): number {
  return (serverWaitedSeconds + loadWaitedSeconds) / seconds
}

/** A fresh process for each window: what an earlier shape left in its heap is not this one's. */
async function measureOnce(
  peer: EchoPeer,
  shape: EchoShape,
  seconds: number,
  pinning: Pinning | undefined,
): Promise<Window> {
  const load = compile('load/echo-load.c')
  const cores = peer.isFree ? undefined : pinning
  const server = await startServer(peer.command(), cores?.server)
  try {
    const { host, port, pid } = server
    const words = [load, host, port, shape.connections, shape.bytes, peer.warmupSeconds, seconds, pid].map(String)
    const child = startChild(words, cores?.load, { stdio: ['ignore', 'pipe', 'pipe'] })
    const [said, complained] = await Promise.all([
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
    ])
    if (said === '') throw new Fault(`Cannot measure ${peer.name} at ${shape.name}: ${complained.trim()}`)
    const figures: Window = JSON.parse(said)
    if (figures.errors === 0 && figures.requests > 0) return figures
    const why = figures.firstError || 'nothing came back'
    throw new Fault(
      `${peer.name} at ${shape.name} is no echo: ${why} (${figures.errors} of ${shape.connections} connections)`,
    )
  } finally {
    await server.stop()
  }
}
