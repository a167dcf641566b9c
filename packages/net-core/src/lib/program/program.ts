import type { Language, Message } from '../../messages.ts'

/** An option of a program's own, beside the ones every program has. */
export type ProgramOption =
  /** Given or not. */
  | { readonly kind: 'flag'; readonly help: Message }
  /** Any text; `value` is what the usage line calls it, such as `DIR`. */
  | { readonly kind: 'text'; readonly value: string; readonly help: Message }
  /** A whole number from 1. */
  | { readonly kind: 'count'; readonly help: Message; readonly default?: number }
  /** One of a few words. */
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly help: Message; readonly default?: string }

/** Options by their long names. */
export type ProgramOptions = Readonly<Record<string, ProgramOption>>

type OptionValue<O extends ProgramOption> = O extends { kind: 'flag' }
  ? boolean
  : O extends { kind: 'count' }
    ? O extends { default: number }
      ? number
      : number | undefined
    : O extends { kind: 'choice'; choices: readonly (infer Choice)[] }
      ? O extends { default: string }
        ? Choice
        : Choice | undefined
      : string | undefined

/** What was given for each option. */
export type OptionValues<O extends ProgramOptions> = { readonly [Name in keyof O]: OptionValue<O[Name]> }

/** What a program is told when it starts. */
export interface ProgramCall<O extends ProgramOptions = ProgramOptions> {
  readonly host: string
  readonly port: number
  readonly options: OptionValues<O>
  /** Which of the subprograms; an empty string when the program has none. */
  readonly subprogram: string
  readonly language: Language
  /** Fires at the first Ctrl-C or SIGTERM. Listeners are shut down without its help. */
  readonly signal: AbortSignal
  /** A file or folder named on the command line, seen from where the person typed it. */
  readonly resolvePath: (path: string) => string
  /** Writes for the person at the terminal, without ever waiting for the terminal. */
  readonly print: (text: string) => void
  /** Whether what `print` writes may have colours. */
  readonly hasColour: boolean
  /** Who tells what happens: see {@link Program.tells}. `nobody` wants the ready line, and the program to say it. */
  readonly teller: 'narrator' | 'program' | 'nobody'
}

/** A program that runs as a command: see {@link run}. */
export interface Program<O extends ProgramOptions = ProgramOptions> {
  /** The command's name, such as `fund-echo`. */
  readonly name: string
  readonly version: string
  /** One line on what it does. */
  readonly summary: Message
  readonly options?: O
  /**
   * Programs that the first word chooses among; the first one when no word does. One that takes no port is no server, and
   * the narrator is silent unless it is asked for.
   */
  readonly subprograms?: Readonly<Record<string, { readonly takesPort: boolean; readonly summary: Message }>>
  /**
   * Whether the program itself says that it is ready and what happens, in the place of the narrator; which is asked for by
   * `--trace` all the same.
   */
  readonly tells?: (options: OptionValues<O>) => boolean
  /** Whether `main` ends when its signal fires, also when this thread has no listener: it is waited for, 5 s at most. */
  readonly heedsSignal?: boolean
  /** Does the work; the command ends when it does. */
  readonly main: (call: ProgramCall<O>) => Promise<void>
}

/** A program whose options do not matter to who looks at it. */
export type AnyProgram = Omit<Program, 'main' | 'tells'>
