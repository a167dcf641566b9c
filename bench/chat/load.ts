import { text } from 'node:stream/consumers'
import { startChild } from '../child.ts'
import { compile } from '../compile.ts'
import { Fault } from '../fault.ts'
import type { Pinning } from '../pinning.ts'
import { type Server, startServer } from '../server.ts'
import type { ChatPeer } from './peers.ts'

/** So many clients in a room, some of whom say lines. */
export interface ChatShape {
  readonly name: string
  readonly title: string
  readonly clients: number
  readonly senders: number
  /** Lines of each sender on their way at once; or, where `rate` is not 0, ignored. */
  readonly window: number
  /** Lines a second, of all senders together, whatever comes back. */
  readonly rate: number
  readonly bytes: number
  /** More clients, who never read. */
  readonly stuck: number
}

/** What one window of one room was like, as the load tells it. */
export interface ChatFigures {
  readonly deliveries: number
  readonly lines: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
  readonly serverCpuSeconds: number
  readonly loadCpuSeconds: number
  readonly serverWaitedSeconds: number
  readonly loadWaitedSeconds: number
  /** From the first connection until everybody heard everybody. */
  readonly joinSeconds: number
  readonly joinCpuSeconds: number
  readonly emptyRssKiB: number
  readonly joinedRssKiB: number
  readonly rssKiB: number
  readonly peakRssKiB: number
  /** Lines that somebody who stayed had not got 5 s after the window. */
  readonly missing: number
  readonly lostConnections: number
  readonly firstError: string
}

/** One window of one room, in a fresh process. */
export async function measureChat(
  peer: ChatPeer,
  shape: ChatShape,
  seconds: number,
  pinning: Pinning | undefined,
): Promise<ChatFigures> {
  const server = await startServer(await peer.command(), pinning?.server)
  try {
    return await playChat([server], peer.protocol, shape, { warmupSeconds: peer.warmupSeconds, seconds }, pinning?.load)
  } finally {
    await server.stop()
  }
}

/** Plays one window with the room of these servers, each of which gets its share of the clients. */
export async function playChat(
  servers: readonly [Server, ...Server[]],
  protocol: ChatPeer['protocol'],
  { name, clients, senders, window, rate, bytes, stuck }: ChatShape,
  { warmupSeconds, seconds }: { readonly warmupSeconds: number; readonly seconds: number },
  cpu?: number,
): Promise<ChatFigures> {
  const ports = servers.map(({ port }) => port).join()
  const pids = servers.map(({ pid }) => pid).join()
  const room = [servers[0].host, ports, protocol, clients, senders, window, rate, bytes, stuck]
  const words = [compile('load/chat-load.c'), ...room, warmupSeconds, seconds, pids].map(String)
  const child = startChild(words, cpu, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, complained] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ])
  if (said === '') throw new Fault(`Cannot measure the servers at ${ports} with ${name}: ${complained.trim()}`)
  return JSON.parse(said)
}

/** Microseconds of the server's CPU for one line to one client. */
export function cpuUs({ serverCpuSeconds, deliveries }: ChatFigures): number {
  return (serverCpuSeconds / Math.max(1, deliveries)) * 1e6
}
