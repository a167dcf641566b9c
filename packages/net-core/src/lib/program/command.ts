import { isatty } from 'node:tty'
import { openOutput } from '../output/output.ts'
import type { Program, ProgramOptions } from './program.ts'
import { run } from './run.ts'

/** How long the last words on stdout may take to get out when the program ends. */
const FLUSH_MS = 500

/**
 * Runs a program as the process's own: its arguments, its streams, its signals, its exit code. The last line of a bin:
 * the process ends with it.
 *
 * @example
 * ```ts
 * import { command } from '@fund/net-core/program'
 *
 * const summary = { en: 'says hello', pt: 'diz olá' }
 * await command({ name: 'nothing', version: '1.0.0', summary, main: async ({ print }) => print('hello\n') })
 * ```
 */
export async function command<const O extends ProgramOptions>(program: Program<O>): Promise<never> {
  let explainGap: ((lines: number) => string) | undefined
  const output = openOutput(1, { leftOut: (lines) => explainGap?.(lines) ?? '' })
  const errors = openOutput(2)
  const { env } = process
  const code = await run(program, process.argv.slice(2), {
    write: (text) => output.write(text),
    writeError: (text) => errors.write(text),
    hasColour: hasColour(env, isatty(1)),
    env,
    cwd: process.cwd(),
    script: process.argv[1] ?? program.name,
    explainGaps: (sentence) => {
      explainGap = sentence
    },
    onInterrupt: (listener) => {
      process.on('SIGINT', listener).on('SIGTERM', listener)
      return () => process.off('SIGINT', listener).off('SIGTERM', listener)
    },
  })
  await Promise.all([output.close({ deadline: FLUSH_MS }), errors.close({ deadline: FLUSH_MS })])
  process.exit(code)
}

/** Colour on a terminal only, unless `NO_COLOR` or `FORCE_COLOR` (not empty, not 0) says otherwise. */
function hasColour(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return isTerminal && env.TERM !== 'dumb'
}
