import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { interleave, type Sample } from '../interleave.ts'
import { named, type Options } from '../options.ts'
import { startServer } from '../server.ts'
import { spreadOf } from '../summary.ts'
import { table } from '../table.ts'
import { type HttpPeer, textPeers } from './peers.ts'

const CONNECTIONS = 10_000
const REQUEST = 'GET / HTTP/1.1\r\nHost: 127.0.0.1:9090\r\n\r\n'
/** How many connect at the same time. */
const AT_ONCE = 200

interface Figures {
  readonly bytesPerConnection: number
}

/** `pnpm bench http-idle`: how much a server grows for connections that have been answered once and stay open. */
export async function httpIdle(options: Options): Promise<void> {
  const peers = named('peer', textPeers, options.only)
  const samples = await interleave({
    rounds: Math.min(options.rounds, 3),
    shapes: [{ name: 'idle' }],
    peers,
    measure: (peer) => measure(peer),
    onSample: ({ round, peer, figures }: Sample<Figures>) =>
      console.error(`round ${round + 1}  ${peer.padEnd(12)}${figures.bytesPerConnection.toFixed(0)} bytes`),
  })
  const rows = peers.map(({ name, title }) => {
    const { median, low, high } = spreadOf(samples, 'idle', name, (figures: Figures) => figures.bytesPerConnection)
    return [title, `${(median / 1024).toFixed(2)} KiB`, `${(low / 1024).toFixed(2)}-${(high / 1024).toFixed(2)}`]
  })
  console.log(table([[`RSS for each of ${CONNECTIONS} idle connections`, 'median', 'low-high'], ...rows]))
}

async function measure(peer: HttpPeer): Promise<Figures> {
  const server = await startServer(peer.command(REQUEST.length))
  const sockets: Socket[] = []
  try {
    // Warm, so that what is weighed is the connections: the code, the heap's first pages and the JIT are there before.
    await Promise.all(Array.from({ length: AT_ONCE }, () => ask(server.port).then((socket) => socket.destroy())))
    await pause(1_500)
    const before = residentBytes(server.pid)
    while (sockets.length < CONNECTIONS) {
      sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => ask(server.port)))))
    }
    await pause(3_000)
    return { bytesPerConnection: (residentBytes(server.pid) - before) / CONNECTIONS }
  } finally {
    for (const socket of sockets) socket.destroy()
    await server.stop()
  }
}

/** Connects, asks once, and gives the connection when it was answered. */
function ask(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(REQUEST))
    socket.once('data', () => resolve(socket))
    socket.once('error', reject)
  })
}

function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}
