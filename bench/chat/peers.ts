import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../packages/net-core/src/testing/ports.ts'
import { buildFolder, compile } from '../compile.ts'
import { firstLineOf, python } from '../machine.ts'
import type { Hue } from '../plot.ts'

/** A room that can be measured. Every one says on its ready line where it listens. */
export interface ChatPeer {
  readonly name: string
  readonly title: string
  readonly hue: Hue
  readonly protocol: 'plain' | 'irc'
  /** Seconds of load before the window opens. */
  readonly warmupSeconds: number
  /** The most clients it is asked to bear. */
  readonly mostClients: number
  command(): Promise<string[]>
  /** Why it cannot run here, if so. */
  missing(): string | undefined
}

/** Everything is told as a ratio to this one. */
export const yardstick = 'c-epoll'
export const OURS = 'fund-minichat'

const programs = join(import.meta.dirname, '../peers/chat')
const bin = join(import.meta.dirname, '../../packages/minichat/src/bin.ts')
const ngircd = '/usr/sbin/ngircd'

export const chatPeers: readonly ChatPeer[] = [
  ours(OURS, 'fund-minichat, tasks', ['--model', 'tasks', '--flood', 'off'], 20_000),
  ours('fund-threads', 'fund-minichat, threads', ['--model', 'threads', '--threads', '100'], 32),
  {
    ...ours('unbatched', 'ours, a write a line', [], 1_000),
    hue: 'violet',
    command: async () => [process.execPath, join(programs, 'unbatched.ts')],
  },
  {
    name: yardstick,
    title: 'C, epoll, a write a turn',
    hue: 'teal',
    protocol: 'plain',
    warmupSeconds: 0.4,
    mostClients: 20_000,
    command: async () => [compile('peers/chat/broadcast.c')],
    missing: () => undefined,
  },
  {
    name: 'ngircd',
    title: 'ngIRCd 26 (C)',
    hue: 'olive',
    protocol: 'irc',
    warmupSeconds: 0.4,
    mostClients: 1_000,
    command: ngircdCommand,
    missing: () =>
      spawnSync(ngircd, ['--version']).error ? 'ngircd is not there (on Debian: apt-get install ngircd)' : undefined,
  },
  pythonPeer('python-threads', 'CPython threads', 'orange', 'python_threads.py', 100),
  pythonPeer('asyncio', 'asyncio', 'rose', 'python_asyncio.py', 20_000),
]

function ours(name: string, title: string, args: readonly string[], mostClients: number): ChatPeer {
  return {
    name,
    title,
    hue: 'blue',
    protocol: 'plain',
    warmupSeconds: 1.5,
    mostClients,
    command: async () => [process.execPath, bin, '0', '--quiet', ...args],
    missing: () => undefined,
  }
}

function pythonPeer(name: string, title: string, hue: Hue, file: string, mostClients: number): ChatPeer {
  return {
    name,
    title,
    hue,
    protocol: 'plain',
    warmupSeconds: 0.4,
    mostClients,
    command: async () => [python, join(programs, file)],
    missing: () => (firstLineOf(python, '--version') === undefined ? `${python} is not there` : undefined),
  }
}

/** It takes its port from a file, and says nothing: the ready line is put in its mouth, and the load tries until it is up. */
async function ngircdCommand(): Promise<string[]> {
  const port = await freePort()
  mkdirSync(buildFolder, { recursive: true })
  const file = join(buildFolder, 'ngircd.conf')
  const lines = [
    '[Global]',
    'Name = irc.example.net',
    'Info = bench',
    'Listen = 127.0.0.1',
    `Ports = ${port}`,
    'ServerGID = nogroup',
    'ServerUID = nobody',
    '[Limits]',
    'MaxConnections = 0',
    'MaxConnectionsIP = 0',
    'MaxJoins = 0',
    'MaxPenaltyTime = 0',
    'PingTimeout = 600',
    '[Options]',
    'DNS = no',
    'Ident = no',
    'PAM = no',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return ['sh', '-c', `echo "ready 127.0.0.1:${port}"; exec ${ngircd} -n -f "$0" >/dev/null 2>&1`, file]
}
