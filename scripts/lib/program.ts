import { quiet } from './environment.ts'
import { signalGroup, spawnGroup } from './process-group.ts'
import { Failure } from './script.ts'
import { root } from './workspace.ts'

/** A server that was started to be talked to. */
export type Program = AsyncDisposable & {
  pid: number
  /** The command as it would be typed. */
  line: string
  /** All it has said so far, stdout and stderr. */
  said(): string
  /** Waits until stdout holds a match. */
  says(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** Signals the program and all it started. */
  signal(name: NodeJS.Signals): void
  /** Waits for the end: the exit code, or the signal that ended it. */
  ended(timeoutMs?: number): Promise<number | NodeJS.Signals>
}

/** Starts a program; disposing it kills whatever of it is left. */
export function startProgram(
  command: string,
  args: string[],
  { cwd = root, env = quiet() }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Program {
  const child = spawnGroup(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const line = [command, ...args].join(' ')
  let stdout = ''
  let said = ''
  let over = null as { how: number | NodeJS.Signals } | null
  const wake = new Set<() => void>()
  const changed = (): void => {
    for (const each of wake) each()
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    said += text
    changed()
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const end = new Promise<void>((resolve) => {
    const finish = (how: number | NodeJS.Signals): void => {
      over ??= { how }
      changed()
      resolve()
    }
    child.once('error', (error) => {
      said += error.message
      finish(127)
    })
    child.once('close', (code, signal) => finish(code ?? signal ?? 1))
  })

  /** Waits for `look` to give something, with a deadline and an end to look out for. */
  function until<T>(look: () => T | null, what: string, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer)
        wake.delete(check)
      }
      const check = (): void => {
        const found = look()
        if (found === null && over === null) return
        done()
        if (found !== null) resolve(found)
        else reject(new Failure(`\`${line}\` ended before it ${what}; it said:\n${said.trim()}`))
      }
      const timer = setTimeout(() => {
        done()
        reject(new Failure(`\`${line}\` had not ${what} after ${timeoutMs / 1000} s; it said:\n${said.trim()}`))
      }, timeoutMs)
      wake.add(check)
      check()
    })
  }

  return {
    pid: child.pid ?? 0,
    line,
    said: () => said,
    says: (pattern, timeoutMs = 15_000) => until(() => pattern.exec(stdout), `said ${pattern}`, timeoutMs),
    signal: (name) => signalGroup(child, name),
    ended: async (timeoutMs = 10_000) => (await until(() => over, 'ended', timeoutMs)).how,
    async [Symbol.asyncDispose]() {
      signalGroup(child, 'SIGKILL')
      await end
    },
  }
}

/** Where a server says that it listens, from its ready line. */
export async function readyAddress(program: Program, timeoutMs?: number): Promise<{ host: string; port: number }> {
  const [, host = '', port = ''] = await program.says(/((?:\d+\.){3}\d+):(\d+)/, timeoutMs)
  return { host, port: Number(port) }
}
