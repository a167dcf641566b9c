import { type Message, type ProgramCall, say, UsageError } from '@fund/net-core/program'
import { messages } from './messages.ts'

interface Choice<Names extends readonly string[]> {
  readonly kind: 'choice'
  readonly choices: Names
  readonly help: Message
}

interface Flag {
  readonly kind: 'flag'
  readonly help: Message
}

interface Text {
  readonly kind: 'text'
  readonly value: string
  readonly help: Message
}

/** How long a client may say nothing before the system asks its system whether it is still there. */
export const KEEP_ALIVE_MS = 60_000

/** What the command takes beside what every command of the course does. */
export const options: {
  readonly model: Choice<readonly ['threads', 'tasks']>
  readonly threads: { readonly kind: 'count'; readonly default: number; readonly help: Message }
  readonly names: Flag
  readonly public: Flag
  readonly flood: Text
  readonly bus: Text
  readonly metrics: Text
} = {
  model: { kind: 'choice', choices: ['threads', 'tasks'], help: messages['help.model'] },
  threads: { kind: 'count', default: 32, help: messages['help.threads'] },
  names: { kind: 'flag', help: messages['help.names'] },
  public: { kind: 'flag', help: messages['help.public'] },
  flood: { kind: 'text', value: 'BURST,RATE|off', help: messages['help.flood'] },
  bus: { kind: 'text', value: 'URL', help: messages['help.bus'] },
  metrics: { kind: 'text', value: 'PORT', help: messages['help.metrics'] },
}

/** What the command was told. */
export type ChatCall = ProgramCall<typeof options>

/** What only a room of tasks has. */
const OF_TASKS = ['names', 'public', 'flood', 'bus', 'metrics'] as const

/**
 * A thread for each client, unless something was asked for that only tasks have.
 *
 * @throws {UsageError} when both were.
 */
export function chooseModel({ options, language }: ChatCall): 'threads' | 'tasks' {
  const asked = OF_TASKS.find((name) => options[name] !== undefined && options[name] !== false)
  if (options.model === 'threads' && asked) {
    throw new UsageError(say(messages['usage.needsTasks'], language, { option: `--${asked}` }), language)
  }
  return options.model ?? (asked ? 'tasks' : 'threads')
}
