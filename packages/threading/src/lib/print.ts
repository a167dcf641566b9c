import { writeLine } from './write-line.ts'

/**
 * Writes its values to stdout, with spaces in between and a newline at the end, at once and as one whole line, whichever thread
 * calls it. Returns when the system has the line, so it waits while the reader of a full pipe does not read; when that takes
 * more than 2 s, lines of several threads that are longer than the pipe has room for may mix. When nobody can read any more,
 * the line is dropped in silence.
 *
 * `console.log` in a thread goes through the event loop of another thread, and shows a moment later.
 *
 * @example
 * ```ts
 * import { print } from '@fund/threading'
 *
 * print('Counter', 1, { left: 4 }) // Counter 1 { left: 4 }
 * ```
 */
export function print(...values: readonly unknown[]): void {
  const { inspect } = process.getBuiltinModule('node:util')
  writeLine(1, `${values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ')}\n`)
}
