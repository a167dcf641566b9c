import { join } from 'node:path'
import { startBroker } from '../broker.ts'
import { type ChatFigures, playChat } from '../chat/load.ts'
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

/** Four of the clients talk, with so many lines of theirs on their way. */
const talk = { senders: 4, window: 64, bytes: 64, stuck: 0 }
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
}): Promise<ChatFigures> {
  const broker = room.servers > 1 ? await startBroker() : undefined
  const servers: Server[] = []
  try {
    const options = ['0', '--quiet', '--model', 'tasks', '--flood', 'off', ...(broker ? ['--bus', broker.url] : [])]
    while (servers.length < room.servers) servers.push(await startServer([process.execPath, minichat, ...options]))
    const name = `${room.clients} clients`
    const shape = { ...talk, name, title: name, clients: room.clients, rate: room.linesPerSecond }
    const figures = await playChat(servers as [Server], 'plain', shape, {
      warmupSeconds: WARMUP_SECONDS,
      seconds: room.seconds,
    })
    if (figures.missing === 0 && figures.lostConnections === 0 && figures.deliveries > 0) return figures
    const why = figures.firstError || `${figures.missing} lines were lost`
    throw new Fault(`${room.servers} servers with ${name} are no room: ${why}`)
  } finally {
    for (const server of servers) await server.stop()
    await broker?.stop()
  }
}
