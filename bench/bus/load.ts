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
export interface Window {
  readonly deliveries: number
  readonly seconds: number
  readonly serverCpuSeconds: number
  readonly p50Us: number
  readonly p99Us: number
  /** The first server's memory, before and after everybody came. */
  readonly emptyRssKiB: number
  readonly joinedRssKiB: number
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
export async function measureBus({ servers }: BusPeer, { clients }: BusShape, seconds: number): Promise<BusFigures> {
  const fast = await loadRoom({ servers, clients, linesPerSecond: 0, seconds })
  const steady = await loadRoom({ servers, clients, linesPerSecond: LINES_PER_SECOND, seconds })
  return {
    linesPerSecond: fast.deliveries / clients / fast.seconds,
    cpuUsPerDelivery: (fast.serverCpuSeconds / fast.deliveries) * 1e6,
    p50Us: steady.p50Us,
    p99Us: steady.p99Us,
  }
}

/** One window of one room: `linesPerSecond` of four senders together, or, with 0, as fast as their window allows. */
export async function loadRoom(room: {
  readonly servers: number
  readonly clients: number
  readonly linesPerSecond: number
  readonly seconds: number
}): Promise<Window> {
  const load = compile('load/chat-load.c')
  const broker = room.servers > 1 ? await startBroker() : undefined
  const servers: Server[] = []
  try {
    const options = ['0', '--quiet', '--model', 'tasks', '--flood', 'off', ...(broker ? ['--bus', broker.url] : [])]
    while (servers.length < room.servers) servers.push(await startServer([process.execPath, minichat, ...options]))
    const [first] = servers as [Server]
    const ports = servers.map(({ port }) => port).join()
    const pids = servers.map(({ pid }) => pid).join()
    const said = [room.clients, SENDERS, WINDOW_LINES, room.linesPerSecond, LINE_BYTES, 0]
    const words = [load, first.host, ports, 'plain', ...said, WARMUP_SECONDS, room.seconds, pids].map(String)
    const child = startChild(words, undefined, { stdio: ['ignore', 'pipe', 'pipe'] })
    const [told, complained] = await Promise.all([
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
    ])
    if (told === '') throw new Fault(`Cannot measure ${room.clients} clients at ${ports}: ${complained.trim()}`)
    const window: Window = JSON.parse(told)
    if (window.missing === 0 && window.lostConnections === 0 && window.deliveries > 0) return window
    const why = window.firstError || `${window.missing} lines were lost`
    throw new Fault(`${room.servers} servers with ${room.clients} clients are no room: ${why}`)
  } finally {
    for (const server of servers) await server.stop()
    await broker?.stop()
  }
}
