import { processState } from './process-state.ts'
import { type ProgramProcess, startProgram } from './program-process.ts'
import { lacking, requiresProgram, type Skippable } from './requires.ts'
import { until } from './until.ts'

/**
 * A program on a terminal of its own, where keys are pressed and the screen is read.
 *
 * @example
 * ```ts
 * import { startOnTerminal, type Terminal } from '@fund/net-core/testing'
 *
 * const context = { skip: () => process.exit(0) } // a test gets its own from vitest
 * await using terminal: Terminal = await startOnTerminal(context, ['tty'])
 * await terminal.shows('/dev/pts/')
 * ```
 */
export class Terminal implements AsyncDisposable {
  readonly #script: ProgramProcess
  /** The program's own process, which the terminal is the controlling terminal of. */
  readonly pid: number

  constructor(script: ProgramProcess, pid: number) {
    this.#script = script
    this.pid = pid
  }

  /** All that has been on the screen: what was typed, which the terminal shows too, and what the program has said. */
  get screen(): string {
    return this.#script.stdout.replaceAll('\r\n', '\n').replace(/^pid \d+\n/, '')
  }

  /** Types a text; `\n` is the return key. */
  type(text: string): void {
    this.#script.type(text)
  }

  /** Presses Ctrl-D: one byte, 4. What becomes of it is up to the terminal and the program. */
  pressCtrlD(): void {
    this.#script.type('\u0004')
  }

  /** Waits until this has been on the screen. */
  async shows(text: string, deadlineMs?: number): Promise<void> {
    await until(`the screen shows ${JSON.stringify(text)}`, () => this.screen.includes(text), deadlineMs)
  }

  /**
   * Waits until the program has done all that there was to do, and sleeps: in a `read` or a `poll`. What was typed and
   * is on the screen has woken it before, so that it has been dealt with, or will not be.
   */
  async idles(deadlineMs?: number): Promise<void> {
    await until('the program sleeps', () => processState(this.pid) === 'S', deadlineMs)
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name)
  }

  /** Waits for the end of the program, and gives its exit code: 128 and the signal's number where a signal ended it. */
  async ends(deadlineMs?: number): Promise<number | string> {
    return this.#script.ends(deadlineMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      process.kill(this.pid, 'SIGKILL') // in a session of its own: the end of `script` would only hang up on it
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    await this.#script[Symbol.asyncDispose]()
  }
}

/**
 * Starts a program on a pseudo-terminal, to be disposed of by the test. Call it where {@link requiresProgram} could
 * stand: without util-linux's `script` the test is skipped.
 *
 * @example
 * ```ts
 * import { startOnTerminal } from '@fund/net-core/testing'
 *
 * const context = { skip: () => process.exit(0) } // a test gets its own from vitest
 * await using terminal = await startOnTerminal(context, ['cat'])
 * terminal.type('oi\n')
 * await terminal.shows('oi\noi\n') // once typed, once said by cat
 * terminal.pressCtrlD()
 * console.log(await terminal.ends()) // 0
 * ```
 */
export async function startOnTerminal(context: Skippable, command: readonly string[]): Promise<Terminal> {
  if (process.platform !== 'linux') lacking(context, 'needs a terminal made by the script command of Linux')
  const path = requiresProgram(context, 'script')
  const line = `echo pid $$; exec ${command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}`
  const env = { SHELL: '/bin/sh', TERM: 'dumb' }
  const script = startProgram([path, '-q', '-e', '-c', line, '/dev/null'], { env })
  await script.says(/^pid \d+\r?\n/)
  return new Terminal(script, Number(/^pid (\d+)/.exec(script.stdout)?.[1]))
}
