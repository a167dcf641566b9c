import { type Address, formatAddress, lanAddresses, listen, NetError } from '@fund/net-core'
import { type Language, say } from '@fund/net-core/program'
import { messages } from '../messages.ts'
import type { Limits } from './limits.ts'
import { accessLog } from './log.ts'
import type { Handler, Request } from './message.ts'
import { type Server, serve } from './server.ts'
import { files } from './static.ts'
import { CannotListen, keepWorkers, onStop, ReportedLog, report } from './workers.ts'

/** How long the answers under way have when the server is told to stop. */
const CLOSE_MS = 5_000

/** What a server of a folder is told, in words that also a process of its own can be told in. */
export interface FolderServerOptions {
  readonly host: string
  readonly port: number
  /** An absolute path. */
  readonly folder: string
  readonly list: boolean
  readonly spa: boolean
  readonly cors: boolean
  readonly trustMs: number
  readonly limits: Partial<Limits>
  readonly language: Language
  readonly colour: boolean
  /** Whether to say what is asked for; `ready` is said in any case. */
  readonly logs: boolean
}

/** The part of a program's call that is needed here. */
export interface Terminal {
  readonly print: (text: string) => void
  /** Fires when the server is to stop. */
  readonly signal: AbortSignal
  /** Whether the ready line is ours to say. */
  readonly saysReady: boolean
}

/**
 * Serves a folder until the signal fires, in this process.
 *
 * @throws {NetError} when it cannot listen.
 */
export async function serveFolder(options: FolderServerOptions, terminal: Terminal): Promise<void> {
  const server = await start(options, terminal.print)
  if (terminal.saysReady) terminal.print(readyText(options, server.address))
  await fired(terminal.signal)
  await server.close({ deadline: CLOSE_MS })
}

/**
 * Serves a folder until the signal fires, in `count` processes: this program, started again, as whose workers they call
 * {@link serveFolderAsWorker}.
 *
 * @throws {NetError} when they cannot listen.
 */
export async function serveFolderWithWorkers(
  options: FolderServerOptions,
  count: number,
  { print, signal, saysReady }: Terminal,
): Promise<void> {
  const { host, language } = options
  // Each worker asks its keeper for the port, and all have to ask for the same: whether it is free, and which is, is found
  // out before the first one starts.
  const trial = await listen({ host, port: options.port })
  const address = trial.address
  await trial.close()
  const tell = (text: string): void => (options.logs ? print(`${text}\n`) : undefined)
  try {
    await keepWorkers({
      count,
      signal,
      orders: { ...options, port: address.port } satisfies FolderServerOptions,
      onReady: () => (saysReady ? print(readyText(options, address, count)) : undefined),
      onLog: (text, lost) => {
        if (lost > 0) tell(say(messages.lostLines, language, { n: lost }))
        print(text)
      },
      onDeath: (pid, reason) => tell(say(messages.workerDied, language, { pid, reason })),
      onRolled: () => tell(say(messages.rolled, language)),
      onRollFailed: (reason) => tell(say(messages.rollFailed, language, { reason })),
    })
  } catch (error) {
    if (!(error instanceof CannotListen)) throw error
    throw new NetError({ code: error.code, action: 'listen', address, cause: error })
  }
}

/** Serves a folder as one of several processes. This process ends when its keeper says so. */
export async function serveFolderAsWorker(options: FolderServerOptions): Promise<void> {
  const log = new ReportedLog()
  let server: Server
  try {
    server = await start(options, (line) => log.write(line))
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    report({ say: 'cannot listen', code: error.code }, () => process.exit(1))
    return
  }
  onStop(() => {
    void server
      .close({ deadline: CLOSE_MS })
      .then(() => log.flush())
      .then(() => process.exit(0))
  })
  report({ say: 'listens', port: server.address.port })
}

function start(options: FolderServerOptions, write: (line: string) => void): Promise<Server> {
  const { host, port, limits, folder, list, spa, cors, trustMs, language, colour } = options
  const handler = files(folder, { list, spa, cors, trustMs, language })
  if (!options.logs) return serve(handler, { host, port, limits })
  const log = accessLog({ write, colour, language })
  const began = new WeakMap<Request, number>()
  const timed: Handler = (request) => {
    began.set(request, performance.now())
    return handler(request)
  }
  return serve(timed, {
    host,
    port,
    limits,
    onAnswer: ({ request, status, bytes, peer, isCut }) => {
      const now = performance.now()
      const ms = request === undefined ? 0 : now - (began.get(request) ?? now)
      const { method = '', target = '' } = request ?? {}
      log({ ip: peer, method, target, status, bytes, ms, isCut })
    },
  })
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The line that says where and what is served; at every address of the machine, also how another one gets there. */
function readyText({ folder, language }: FolderServerOptions, address: Address, count = 0): string {
  const values = { address: formatAddress(address), folder: folder.replace(/\p{C}/gu, '?'), count }
  const lines = [say(count > 0 ? messages.readyWorkers : messages.ready, language, values)]
  if (address.host === '0.0.0.0' || address.host === '::') lines.push(...waysIn(address, language))
  return lines.map((line) => `${line}\n`).join('')
}

function waysIn({ host, port }: Address, language: Language): string[] {
  const usable = lanAddresses().filter((one) => !one.isLinkLocal && (host === '::' || !one.address.includes(':')))
  if (usable.length === 0) return [say(messages.noOtherMachine, language)]
  return usable.map((one) => {
    const address = formatAddress({ host: one.address, port })
    return say(messages.fromAnotherMachine, language, { address, interface: one.interface })
  })
}
