import { type ChildProcess, spawn } from 'node:child_process'
import type { Address } from '../lib/address.ts'
import { PATIENCE_MS } from './patience.ts'
import { until } from './until.ts'

/** How a program is started. */
export interface ProgramProcessOptions {
  readonly cwd?: string | undefined
  /** Beside the environment of the test, and over it. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * A program in a process of its own, with all it has said so far. Disposing of it ends it and what it started.
 *
 * @example
 * ```ts
 * import { ProgramProcess } from '@fund/net-core/testing'
 *
 * await using program = new ProgramProcess(['cat'])
 * program.type('oi\n')
 * await program.says('oi')
 * ```
 */
export class ProgramProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  #end: number | string | undefined

  constructor(command: readonly string[], { cwd, env }: ProgramProcessOptions = {}) {
    const [file = '', ...args] = command
    // A group of its own, so that what it starts in turn can be ended with it.
    // Without FORCE_COLOR, of which Node complains beside the NO_COLOR of a test.
    const whole = { ...process.env, FORCE_COLOR: undefined, ...env }
    this.#child = spawn(file, args, { cwd, env: whole, stdio: 'pipe', detached: true })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk
    })
    this.#child.on('error', (error) => {
      this.#end = error.message
    })
    this.#child.on('close', (code, signal) => {
      this.#end = code ?? signal ?? 'gone'
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Types a text on its stdin. */
  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  /** Ends its stdin: what Ctrl-D does to a program that reads from a terminal. */
  endInput(): void {
    this.#child.stdin?.end()
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Waits until it has said this on stdout. */
  async says(text: string | RegExp, deadlineMs: number = PATIENCE_MS): Promise<void> {
    const hasSaid = (): boolean => (typeof text === 'string' ? this.#stdout.includes(text) : text.test(this.#stdout))
    await until(`the program says ${text}`, () => hasSaid() || this.#end !== undefined, deadlineMs)
    if (!hasSaid()) throw new Error(`The program ended (${this.#end}) without saying ${text}: ${this.#stderr}`)
  }

  /** Waits for its ready line, and gives the address in it. */
  async listens(): Promise<Address> {
    await this.says(/\S:\d+/)
    const [, host = '', port] = /(\S+):(\d+)/.exec(this.#stdout) ?? []
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  }

  /** Waits for its end, and gives its exit code, or the signal that ended it. */
  async ends(deadlineMs: number = PATIENCE_MS): Promise<number | string> {
    await until('the program ends', () => this.#end !== undefined, deadlineMs)
    return this.#end as number | string
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end === undefined && this.#child.pid !== undefined) killGroup(this.#child.pid)
    await this.ends()
  }
}

/** Ends a group of processes; one may have ended already, and nobody was told yet. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/**
 * Starts a program, to be talked to by a test, which disposes of it.
 *
 * @example
 * ```ts
 * import { startProgram } from '@fund/net-core/testing'
 *
 * await using program = startProgram([process.execPath, '-e', 'console.log("127.0.0.1:9090")'])
 * console.log(await program.listens()) // { host: '127.0.0.1', port: 9090 }
 * console.log(await program.ends()) // 0
 * ```
 */
export function startProgram(command: readonly string[], options?: ProgramProcessOptions): ProgramProcess {
  return new ProgramProcess(command, options)
}
