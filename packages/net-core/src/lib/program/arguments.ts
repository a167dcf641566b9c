import { parseArgs } from 'node:util'
import { type Language, type Message, messages, say } from '../../messages.ts'
import { chooseLanguage } from './language.ts'
import type { AnyProgram, OptionValues, ProgramOption, ProgramOptions } from './program.ts'

/** What the command line asked for. */
export interface Arguments<O extends ProgramOptions> {
  readonly language: Language
  readonly wants: 'run' | 'help' | 'version'
  readonly subprogram: string
  readonly host: string
  readonly port: number
  readonly trace: 'plain' | 'lanes' | 'json' | 'hex'
  /** Whether it was asked for at all. */
  readonly isTraced: boolean
  readonly isQuiet: boolean
  readonly options: OptionValues<O>
  /** The words as typed, without the port: what a hint repeats with another one. */
  readonly words: readonly string[]
}

/**
 * A command line that makes no sense, in words, in the language that was asked for. A program's `main` may throw it too:
 * the command then prints the sentence and the usage line, and ends with 2.
 *
 * @example
 * ```ts
 * import { UsageError } from '@fund/net-core/program'
 *
 * console.log(new UsageError('There is no folder "x"', 'en').message)
 * ```
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly language: Language

  constructor(message: string, language: Language) {
    super(message)
    this.language = language
  }
}

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 9090

/** The options that every program has. */
export const commonOptions: ProgramOptions = {
  host: { kind: 'text', value: 'HOST', help: messages['help.host'] },
  trace: { kind: 'choice', choices: ['plain', 'lanes', 'json', 'hex'], help: messages['help.trace'] },
  quiet: { kind: 'flag', help: messages['help.quiet'] },
  lang: { kind: 'text', value: 'LANG', help: messages['help.lang'] },
  help: { kind: 'flag', help: messages['help.help'] },
  version: { kind: 'flag', help: messages['help.version'] },
}

/** @throws {UsageError} in the language that the words or the environment ask for. */
export function parseArguments<O extends ProgramOptions>(
  program: AnyProgram,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Arguments<O> {
  const all: ProgramOptions = { ...commonOptions, ...program.options }
  const language = chooseLanguage(findLanguage(argv), env)
  const fail = (message: Message, values: Record<string, string> = {}): never => {
    throw new UsageError(say(message, language, values), language)
  }

  const raw = parseWords(argv, all, fail)
  const values = Object.fromEntries(
    Object.entries(all).map(([name, option]) => [name, readValue(name, option, raw.values[name], fail)]),
  )
  const positionals = [...raw.positionals]
  const subprogram = takeSubprogram(program, positionals, fail)
  const takesPort = program.subprograms?.[subprogram]?.takesPort ?? true
  const typed = takesPort ? positionals.shift() : undefined
  if (positionals[0] !== undefined) fail(messages['usage.extra'], { word: positionals[0] })
  const port = typed === undefined ? DEFAULT_PORT : readPort(typed, fail)
  if (values.host === '') fail(messages['usage.host'])

  return {
    language,
    wants: values.help ? 'help' : values.version ? 'version' : 'run',
    subprogram,
    host: String(values.host ?? DEFAULT_HOST),
    port,
    trace: (values.trace as Arguments<O>['trace'] | undefined) ?? 'plain',
    isTraced: values.trace !== undefined,
    isQuiet: values.quiet === true,
    options: values as OptionValues<O>,
    words: argv.filter((word) => word !== typed),
  }
}

type Fail = (message: Message, values?: Record<string, string>) => never

function findLanguage(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='))
  return at === -1 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1])
}

function parseWords(
  argv: readonly string[],
  all: ProgramOptions,
  fail: Fail,
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  // parseArgs knows no option with a value that may be left out, and takes -1 for an option.
  const words = argv.map((word) => (word === '--trace' ? '--trace=lanes' : word))
  const takesValue = (word = ''): boolean => word.startsWith('--') && (all[word.slice(2)]?.kind ?? 'flag') !== 'flag'
  const negative = words.find((word, at) => /^-\d/.test(word) && !takesValue(words[at - 1]))
  if (negative !== undefined) fail(messages['usage.port'], { word: negative })
  const options = Object.fromEntries(
    Object.entries(all).map(([name, { kind }]) => [name, { type: kind === 'flag' ? 'boolean' : 'string' } as const]),
  )
  try {
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true })
    return { values: values as Record<string, string | boolean | undefined>, positionals }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const name = /'(?:-\w, )?(-{1,2}[^\s'=]*)/.exec(message)?.[1] ?? ''
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return fail(messages['usage.unknown'], { option: name })
    if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') throw error
    const isGivenValue = all[name.slice(2)]?.kind === 'flag'
    return fail(messages[isGivenValue ? 'usage.noValue' : 'usage.needsValue'], { option: name })
  }
}

function readValue(
  name: string,
  option: ProgramOption,
  value: string | boolean | undefined,
  fail: Fail,
): string | number | boolean | undefined {
  const word = String(value)
  if (option.kind === 'flag') return value === true
  if (value === undefined) return option.kind === 'text' ? undefined : option.default
  if (option.kind === 'choice' && !option.choices.includes(word)) {
    return fail(messages['usage.choice'], { option: `--${name}`, word, choices: option.choices.join(', ') })
  }
  if (option.kind === 'count') {
    if (!/^\d{1,9}$/.test(word) || Number(word) < 1) fail(messages['usage.count'], { option: `--${name}`, word })
    return Number(word)
  }
  return word
}

function takeSubprogram(program: AnyProgram, positionals: string[], fail: Fail): string {
  const names = Object.keys(program.subprograms ?? {})
  const first = positionals[0]
  if (names.length === 0) return ''
  if (first === undefined) return names[0] as string
  if (!names.includes(first)) fail(messages['usage.subprogram'], { word: first, choices: names.join(', ') })
  return positionals.shift() as string
}

function readPort(word: string, fail: Fail): number {
  if (!/^\d{1,5}$/.test(word) || Number(word) > 65535) fail(messages['usage.port'], { word })
  return Number(word)
}
