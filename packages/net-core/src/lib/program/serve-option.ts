import { messages } from '../../messages.ts'
import type { ProgramOption } from './program.ts'

/** Who is served: one client and then the end, one after the other, or all at once. */
export type ServeMode = 'once' | 'in-turn' | 'at-once'

const choices: readonly ServeMode[] = ['once', 'in-turn', 'at-once']

/**
 * The option `--serve` of the first steps.
 *
 * @example
 * ```ts
 * import { serveOption } from '@fund/net-core/program'
 *
 * console.log(serveOption('once').default) // once
 * ```
 */
export function serveOption<const Mode extends ServeMode>(
  mode: Mode,
): Extract<ProgramOption, { kind: 'choice' }> & { readonly choices: readonly ServeMode[]; readonly default: Mode } {
  return { kind: 'choice', choices, help: messages['help.serve'], default: mode }
}
