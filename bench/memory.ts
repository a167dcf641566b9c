import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { echoPeers } from './echo/peers.ts'
import { named, type Options } from './options.ts'
import { startServer } from './server.ts'
import { table } from './table.ts'

/** The flood ends here, so that a server without a brake shows itself and the machine stays usable. */
const MOST_MIB = 512
const MIB = 2 ** 20

interface Subject {
  readonly name: string
  readonly title: string
  /** What the peer does, beside never reading. */
  readonly flood: boolean
  command(): string[]
  missing(): string | undefined
}

const subjects: readonly Subject[] = [
  {
    name: 'send-all',
    title: 'net-core sendAll, for ever',
    flood: false,
    command: () => [process.execPath, join(import.meta.dirname, 'peers/send-all.ts'), '0'],
    missing: () => echoPeers.find(({ name }) => name === 'on-chunk')?.missing(),
  },
  ...echoPeers.map((peer) => ({ ...peer, title: `${peer.title}, flooded`, flood: true })),
]

/** `pnpm bench memory`: how much each server grows while a peer that never reads is connected (and writes, to an echo). */
export async function memory(options: Options): Promise<void> {
  const rows: string[][] = [[`a peer that never reads, ${options.seconds} s`, 'before', 'after', 'grew', 'peer wrote']]
  for (const subject of named('server', subjects, options.only)) {
    const reason = subject.missing()
    if (reason === undefined) rows.push(await growth(subject, options.seconds))
    else console.error(`left out: ${subject.name}, since ${reason}`)
  }
  console.log(table(rows))
}

async function growth(subject: Subject, seconds: number): Promise<string[]> {
  const server = await startServer(subject.command())
  try {
    await sleep(300) // what the start itself takes is not growth
    const before = rssMiB(server.pid)
    const socket = connect(server.port, server.host)
    socket.pause() // never reads
    const end = performance.now() + seconds * 1000
    const wrote = subject.flood ? await flood(socket, end) : await sleep(seconds * 1000, 0)
    const after = rssMiB(server.pid)
    socket.destroy()
    const words = [before, after, after - before, wrote].map((mib) => `${mib.toFixed(0)} MiB`)
    return [subject.title, ...words]
  } finally {
    await server.stop()
  }
}

/** Writes as fast as the server takes it, until `end`, and gives what was taken, in MiB. */
async function flood(socket: Socket, end: number): Promise<number> {
  const piece = new Uint8Array(65_536)
  while (performance.now() < end && socket.bytesWritten < MOST_MIB * MIB) {
    if (socket.writableLength < MIB) socket.write(piece)
    else await sleep(1)
  }
  return (socket.bytesWritten - socket.writableLength) / MIB
}

function rssMiB(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) / 1024
}
