import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { startBroker } from '../broker.ts'
import { startChild } from '../child.ts'
import { compile } from '../compile.ts'
import { Fault } from '../fault.ts'
import { type Server, startServer } from '../server.ts'

/** So many clients of one room, spread evenly over its servers. */
export interface BusShape {
  readonly name: string
  readonly title: string
  readonly clients: number
}

/** One server, or several that share the room through a broker. */
export interface BusPeer {
  readonly name: string
  readonly title: string
  readonly servers: number
}

/** What one room was like. */
export interface BusFigures {
  /** Lines that went to everybody, each second, with the senders as fast as their window allows. */
  readonly linesPerSecond: number
  /** CPU of all servers for a line to one client. */
  readonly cpuUsPerDelivery: number
  /** From when a line was said until a client had it, at 200 lines a second. */
  readonly p50Us: number
  readonly p99Us: number
}

/** What the load tells of one window. */
interface Window {
  readonly deliveries: number
  readonly seconds: number
  readonly serverCpuSeconds: number
  readonly p50Us: number
  readonly p99Us: number
  readonly missing: number
  readonly lostConnections: number
  readonly firstError: string
}

const SENDERS = 4
const WINDOW_LINES = 64
const LINE_BYTES = 64
const LINES_PER_SECOND = 200
const WARMUP_SECONDS = 1

const minichat = join(import.meta.dirname, '../../packages/minichat/src/bin.ts')

/** Fresh servers, and a fresh broker, for each of the two windows: one as fast as it goes, one at a steady rate. */
export async function measureBus(peer: BusPeer, shape: BusShape, seconds: number): Promise<BusFigures> {
  const fast = await measureOnce(peer, shape, seconds, 0)
  const steady = await measureOnce(peer, shape, seconds, LINES_PER_SECOND)
  return {
    linesPerSecond: fast.deliveries / shape.clients / fast.seconds,
    cpuUsPerDelivery: (fast.serverCpuSeconds / fast.deliveries) * 1e6,
    p50Us: steady.p50Us,
    p99Us: steady.p99Us,
  }
}

async function measureOnce(peer: BusPeer, shape: BusShape, seconds: number, rate: number): Promise<Window> {
  const load = compile('load/chat-load.c')
  const broker = peer.servers > 1 ? await startBroker() : undefined
  const servers: Server[] = []
  try {
    const options = ['0', '--quiet', '--model', 'tasks', '--flood', 'off', ...(broker ? ['--bus', broker.url] : [])]
    while (servers.length < peer.servers) servers.push(await startServer([process.execPath, minichat, ...options]))
    const [first] = servers as [Server]
    const ports = servers.map(({ port }) => port).join()
    const pids = servers.map(({ pid }) => pid).join()
    const room = [shape.clients, SENDERS, WINDOW_LINES, rate, LINE_BYTES, 0]
    const words = [load, first.host, ports, 'plain', ...room, WARMUP_SECONDS, seconds, pids].map(String)
    const child = startChild(words, undefined, { stdio: ['ignore', 'pipe', 'pipe'] })
    const [said, complained] = await Promise.all([
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
    ])
    if (said === '') throw new Fault(`Cannot measure ${peer.name} at ${shape.name}: ${complained.trim()}`)
    const window: Window = JSON.parse(said)
    if (window.missing === 0 && window.lostConnections === 0 && window.deliveries > 0) return window
    const why = window.firstError || `${window.missing} lines were lost`
    throw new Fault(`${peer.name} at ${shape.name} is no room: ${why}`)
  } finally {
    for (const server of servers) await server.stop()
    await broker?.stop()
  }
}
