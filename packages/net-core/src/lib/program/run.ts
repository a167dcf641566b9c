import { resolve } from 'node:path'
import { type Language, messages, say } from '../../messages.ts'
import { narrate } from '../../narrator.ts'
import { leftOut } from '../narrator/left-out.ts'
import { explain, NetError } from '../net-error.ts'
import { type Arguments, parseArguments, UsageError } from './arguments.ts'
import type { Program, ProgramCall, ProgramOptions } from './program.ts'
import { stoppables } from './stoppable.ts'
import { freePort, typedCommand } from './suggest.ts'
import { helpText, usageLine } from './usage.ts'

/** How long what is under way may go on after the first Ctrl-C. */
const SHUTDOWN_MS = 5_000

/** The world around a program: what of `process` it may touch. */
export interface ProgramIo {
  /** Writes to stdout; must neither wait nor throw. */
  readonly write: (text: string) => void
  /** Writes to stderr. */
  readonly writeError: (text: string) => void
  /** Whether stdout shows colour. */
  readonly hasColour: boolean
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** The file that runs, or the link to it: `process.argv[1]`. */
  readonly script?: string
  /** Calls the listener at each Ctrl-C or SIGTERM until the returned function is called. */
  readonly onInterrupt: (listener: () => void) => () => void
  /** Is given what to write in the place of lines that stdout was too slow for. */
  readonly explainGaps?: (sentence: (lines: number) => string) => void
}

/**
 * Runs a program as its command does, and resolves with the exit code: 0 fine, 1 it failed, 2 wrong usage, 130
 * interrupted twice. What the program does to its sockets is narrated on stdout; why it cannot is said on stderr.
 *
 * The first interrupt shuts every listener down, those of this thread and that of `serveInThread`, and lets what is under
 * way finish, at most 5 s; the second aborts.
 *
 * @example
 * ```ts
 * import { run } from '@fund/net-core/program'
 *
 * const io = {
 *   write: (text: string) => console.log(text),
 *   writeError: (text: string) => console.error(text),
 *   hasColour: false,
 *   env: {},
 *   cwd: '/',
 *   onInterrupt: () => () => {},
 * }
 * const summary = { en: 'Does nothing', pt: 'Não faz nada' }
 * const program = { name: 'nothing', version: '1.0.0', summary, main: async () => {} }
 * console.log(await run(program, ['abc'], io)) // Cannot use "abc" as a port: …, and the exit code 2
 * ```
 */
export async function run<const O extends ProgramOptions>(
  program: Program<O>,
  argv: readonly string[],
  io: ProgramIo,
): Promise<number> {
  try {
    const asked = parseArguments<O>(program, argv, io.env)
    if (asked.wants === 'run') return await runMain(program, asked, io)
    io.write(asked.wants === 'help' ? helpText(program, asked.language) : `${program.version}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    io.writeError(`${error.message}\n${usageLine(program, error.language)}`)
    return 2
  }
}

async function runMain<O extends ProgramOptions>(
  program: Program<O>,
  asked: Arguments<O>,
  io: ProgramIo,
): Promise<number> {
  const { language } = asked
  io.explainGaps?.(leftOut(asked.trace, language))
  const teller = tellerOf(program, asked)
  const narration = { format: asked.trace, language, quiet: asked.isQuiet, colour: io.hasColour, write: io.write }
  const silence = teller === 'narrator' ? narrate(narration) : () => undefined
  const interrupts = watchInterrupts(io)
  const { signal } = interrupts
  const finished = program
    .main({
      host: asked.host,
      port: asked.port,
      options: asked.options,
      subprogram: asked.subprogram,
      language,
      signal,
      resolvePath: (path) => resolve(io.env.INIT_CWD ?? io.cwd, path),
      print: io.write,
      hasColour: io.hasColour,
      teller,
    })
    .then(
      () => 0,
      (error: unknown) => {
        // The shutdown wakes whatever waits on the listener: that is how a program learns of it.
        if (signal.aborted && error instanceof NetError && error.code === 'EBADF') return 0
        return reportFailure(error, program.name, asked, io)
      },
    )
  const stopped = interrupts.first.then(() => shutDown(finished, program.heedsSignal ?? false, language, io))
  const aborted = interrupts.second.then(() => {
    for (const one of stoppables()) one.abort()
    return 130
  })
  try {
    // Interrupted, the program may end before its last connection has: the shutdown then decides when it is over.
    const code = await Promise.race([finished, stopped, aborted])
    return signal.aborted ? await Promise.race([stopped, aborted]) : code
  } finally {
    interrupts.stop()
    silence()
  }
}

/** What has no port has no sockets to tell of, and says its own things; `--trace` shows its threads all the same. */
function tellerOf<O extends ProgramOptions>(
  { subprograms, tells }: Program<O>,
  { subprogram, isTraced, isQuiet, options }: Arguments<O>,
): ProgramCall<O>['teller'] {
  const hasPort = subprograms?.[subprogram]?.takesPort ?? true
  if (isTraced || (hasPort && !tells?.(options))) return 'narrator'
  return isQuiet ? 'nobody' : 'program'
}

function watchInterrupts(io: ProgramIo): {
  readonly signal: AbortSignal
  readonly first: Promise<void>
  readonly second: Promise<void>
  readonly stop: () => void
} {
  const first = new AbortController()
  const second = new AbortController()
  const stop = io.onInterrupt(() => (first.signal.aborted ? second : first).abort())
  return { signal: first.signal, first: hasFired(first.signal), second: hasFired(second.signal), stop }
}

function hasFired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function shutDown(
  finished: Promise<unknown>,
  isWaitedFor: boolean,
  language: Language,
  io: ProgramIo,
): Promise<number> {
  const open = stoppables()
  if (open.length === 0 && !isWaitedFor) return 0
  const count = open.reduce((sum, { stats }) => sum + stats.active, 0)
  if (count > 0) {
    const message = messages[count === 1 ? 'program.drainingOne' : 'program.draining']
    io.writeError(`${say(message, language, { count, seconds: SHUTDOWN_MS / 1000 })}\n`)
  }
  const deadline = new Promise((done) => setTimeout(done, SHUTDOWN_MS).unref())
  await Promise.all(open.map((one) => one.shutdown({ deadline: SHUTDOWN_MS })))
  await Promise.race([finished, deadline])
  return 0
}

async function reportFailure(
  error: unknown,
  name: string,
  { language, words, port }: Arguments<ProgramOptions>,
  io: ProgramIo,
): Promise<number> {
  if (error instanceof UsageError) throw error
  if (!(error instanceof NetError)) {
    io.writeError(`${error instanceof Error ? error.stack : String(error)}\n`) // a fault of ours, not the user's
    return 1
  }
  const { sentence, hint } = explain(error, language)
  io.writeError(`${sentence}\n${hint === '' ? '' : `${hint}\n`}`)
  if (error.action === 'listen' && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) {
    const free = await freePort(error.address?.host ?? '127.0.0.1', port)
    const command = [typedCommand(name, io.script ?? name, io.env, io.cwd), ...words, free].join(' ')
    io.writeError(`${say(messages['program.try'], language, { command })}\n`)
  }
  return 1
}
