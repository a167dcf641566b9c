import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

/** How a program ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** How a program is started. */
export interface ProgramOptions {
  readonly args?: readonly string[]
  readonly node?: string
  readonly env?: NodeJS.ProcessEnv
}

const DEADLINE_MS = 20_000

/** A program that runs in a process of its own, and is killed at the end of the test. */
export class RunningProgram implements AsyncDisposable {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly #ended: Promise<Ended>
  #isOver = false

  constructor(file: string, { args = [], node = process.execPath, env = {} }: ProgramOptions = {}) {
    // Without vitest's own options, which the program's threads would inherit, and without FORCE_COLOR, of which Node
    // complains beside NO_COLOR.
    const plain = { NODE_OPTIONS: '', FORCE_COLOR: undefined, NO_COLOR: '1' }
    this.child = spawn(node, [file, ...args], { env: { ...process.env, ...plain, ...env } })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk
    })
    this.#ended = new Promise((resolve, reject) => {
      this.child.on('error', reject)
      this.child.on('close', (code, signal) => {
        this.#isOver = true
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  /** Resolves when it has said so on stdout. */
  async says(text: string): Promise<void> {
    await until(`the program says ${text}; it said ${this.stdout}${this.stderr}`, () => this.stdout.includes(text))
  }

  /** Resolves when it has ended; after the deadline it is killed, which shows in the signal. */
  async ends(deadlineMs: number = DEADLINE_MS): Promise<Ended> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), deadlineMs)
    try {
      return await this.#ended
    } finally {
      clearTimeout(timer)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.child.kill('SIGKILL')
    await this.#ended
  }
}

/** Starts `programs/<name>.ts`. */
export function startProgram(name: string, ...args: string[]): RunningProgram {
  return new RunningProgram(programFile(name), { args })
}

/** Runs `programs/<name>.ts` to its end. */
export async function runProgram(name: string, ...args: string[]): Promise<Ended> {
  await using program = startProgram(name, ...args)
  return await program.ends()
}

/** The path of `programs/<name>.ts`. */
export function programFile(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
}
