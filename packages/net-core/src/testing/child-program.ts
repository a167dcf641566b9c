import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { PATIENCE_MS } from './patience.ts'
import { until } from './until.ts'

/** How a program is started. */
export interface ChildOptions {
  readonly args?: readonly string[]
  /** What stands before the command, such as `setpriv` and its options. */
  readonly before?: readonly string[]
  /** The limit of file descriptors it runs under (`ulimit -n`). */
  readonly descriptors?: number
}

/** One of the small programs in `programs/`, in a process of its own. It says JSON, one value a line. */
export class ChildProgram implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #rest = ''
  #stderr = ''
  #exit: number | string | undefined

  constructor(child: ChildProcess) {
    this.#child = child
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (this.#rest + chunk).split('\n')
      this.#rest = lines.pop() as string
      this.#lines.push(...lines)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk
    })
    child.on('exit', (code, signal) => {
      this.#exit = code ?? signal ?? 'gone'
    })
  }

  /** What it says next. */
  async says(deadlineMs: number = PATIENCE_MS): Promise<unknown> {
    await until('the program speaks', () => this.#lines.length > 0 || this.#exit !== undefined, deadlineMs)
    const line = this.#lines.shift()
    if (line === undefined) throw new Error(`The program ended (${this.#exit}) in silence: ${this.#stderr}`)
    return JSON.parse(line)
  }

  /** Sends it a line, and gives what it answers. */
  async asked(line: string): Promise<unknown> {
    this.#child.stdin?.write(`${line}\n`)
    return this.says()
  }

  /** Its exit code, once it has ended. */
  async ends(deadlineMs: number = PATIENCE_MS): Promise<number | string> {
    await until('the program ends', () => this.#exit !== undefined, deadlineMs)
    if (this.#stderr !== '') throw new Error(`The program complained: ${this.#stderr}`)
    return this.#exit as number | string
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await until('the program is gone', () => this.#exit !== undefined)
  }
}

/** Starts `programs/<name>.ts`. */
export function startProgram(name: string, { args = [], before = [], descriptors }: ChildOptions = {}): ChildProgram {
  const command = [...before, process.execPath, fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url)), ...args]
  if (descriptors !== undefined) command.unshift('sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`)
  const [program, ...rest] = command
  return new ChildProgram(spawn(program as string, rest, { env: { ...process.env, NODE_OPTIONS: '' } }))
}
