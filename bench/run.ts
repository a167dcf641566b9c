/** `pnpm bench <which>`: see README.md beside this file. */
import { Fault, WRONG_USAGE } from './fault.ts'
import { type Options, readOptions, usage } from './options.ts'

interface Bench {
  readonly what: string
  load(): Promise<(options: Options) => Promise<void>>
}

/** A new bench is a file with one function and a line here. */
const benches: Record<string, Bench> = {
  echo: {
    what: 'our echo beside node:net, CPython, asyncio, uvloop and C',
    load: async () => (await import('./echo/echo.ts')).echo,
  },
  'threads-start': {
    what: 'what a thread costs to start, and in memory, beside a bare worker and CPython',
    load: async () => (await import('./threads-start.ts')).threadsStart,
  },
  blocking: {
    what: 'a thread for each client in blocking calls, beside node:net and CPython',
    load: async () => (await import('./blocking.ts')).blocking,
  },
  files: {
    what: 'our server of files beside createReadStream, nginx, sirv, serve, http-server and CPython',
    load: async () => (await import('./files/files.ts')).files,
  },
  http: {
    what: 'short answers of tiny-http beside node:http, bare node:net, and @hono/node-server',
    load: async () => (await import('./http/http.ts')).http,
  },
  'http-idle': {
    what: 'how much memory an idle keep-alive connection takes, beside node:http',
    load: async () => (await import('./http/idle.ts')).httpIdle,
  },
  chat: {
    what: 'a line to a client of our room, beside C, ngIRCd, CPython and asyncio',
    load: async () => (await import('./chat/chat.ts')).chat,
  },
  'chat-crowd': {
    what: 'ten thousand silent clients, clients that do not read, threads and tasks',
    load: async () => (await import('./chat/crowd.ts')).crowd,
  },
  bus: {
    what: 'a room that two servers share through Redis, beside a room on one',
    load: async () => (await import('./bus/bus.ts')).bus,
  },
  'fan-out-tree': {
    what: 'what a million clients would need, from what is measured here',
    load: async () => (await import('./fan-out-tree/fan-out-tree.ts')).fanOutTree,
  },
  memory: {
    what: 'how much a server grows for a peer that never reads',
    load: async () => (await import('./memory.ts')).memory,
  },
}

async function main([which, ...args]: string[]): Promise<void> {
  const list = Object.entries(benches).map(([name, { what }]) => `  ${name.padEnd(15)}${what}`)
  const help = `There are:\n${list.join('\n')}\n${usage}`
  if (which === '--help' || which === '-h') {
    console.log(help)
    return
  }
  const bench = which !== undefined && Object.hasOwn(benches, which) ? benches[which] : undefined
  if (!bench) {
    const sentence = which === undefined ? 'Which bench?' : `There is no bench "${which}".`
    throw new Fault(`${sentence} ${help}`, WRONG_USAGE)
  }
  if (process.platform !== 'linux') {
    throw new Fault('The benches need Linux: they use epoll and the clocks of other processes.')
  }
  const run = await bench.load()
  await run(readOptions(args))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Fault)) throw error
  console.error(error.message)
  process.exitCode = error.exitCode
}
