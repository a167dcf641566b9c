import { quiet } from './environment.ts'
import { signalGroup, spawnGroup } from './process-group.ts'
import { Failure } from './script.ts'
import { root } from './workspace.ts'

/** How a command ended: `output` is stdout and stderr as they came. */
export type Execution = { code: number; stdout: string; output: string; seconds: number }

/** Where and for how long a command may run. */
export type ExecuteOptions = {
  cwd?: string
  env?: NodeJS.ProcessEnv
  timeoutMs?: number
  /** Let the person see the output as it comes. */
  show?: boolean
}

/** Runs a command to its end and gives what it said, whatever its exit code. */
export async function execute(command: string, args: string[], options: ExecuteOptions = {}): Promise<Execution> {
  const { cwd = root, env = quiet(), timeoutMs = 600_000, show = false } = options
  const started = performance.now()
  const child = spawnGroup(command, args, { cwd, env, stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  let stdout = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.push(text)
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => said.push(text))
  let late = false
  const timer = setTimeout(() => {
    late = true
    signalGroup(child, 'SIGKILL')
  }, timeoutMs)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'it is not installed, or not on PATH (ENOENT)' : error.message
    reject(new Failure(`Cannot run ${command}: ${reason}`))
  })
  child.once('close', (code) => resolve(late ? 124 : (code ?? 1)))
  const code = await promise.finally(() => clearTimeout(timer))
  if (late) said.push(`\n${command} did not end within ${timeoutMs / 1000} s.\n`)
  return { code, stdout, output: said.join(''), seconds: (performance.now() - started) / 1000 }
}

/** Runs a command that has to succeed. When it does not, its output is part of the sentence. */
export async function must(command: string, args: string[], options: ExecuteOptions = {}): Promise<Execution> {
  const done = await execute(command, args, options)
  if (done.code === 0) return done
  throw new Failure(`\`${[command, ...args].join(' ')}\` ended with ${done.code}:\n${done.output.trim()}`)
}
