import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import process from 'node:process'

const windows = process.platform === 'win32'
const living = new Set<ChildProcess>()

/** What `spawnGroup` needs beside the command. */
export type Where = { cwd: string; env: NodeJS.ProcessEnv; stdio?: SpawnOptions['stdio'] }

/**
 * Starts a command in a process group of its own, so that all it starts can be ended with it. Whatever still runs when
 * this process ends is killed: no check leaves a server behind.
 */
export function spawnGroup(command: string, args: string[], { cwd, env, stdio = 'pipe' }: Where): ChildProcess {
  const options = { cwd, env, stdio: stdio ?? 'pipe' }
  // On Windows npm and pnpm are .cmd files, which only a shell starts.
  const child = windows
    ? spawn([command, ...args].map((word) => `"${word}"`).join(' '), { ...options, shell: true })
    : spawn(command, args, { ...options, detached: true })
  living.add(child)
  child.once('close', () => living.delete(child))
  child.once('error', () => living.delete(child))
  return child
}

/** Sends a signal to the command and to all it started. A group that has ended already is no error. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (windows) child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

process.once('exit', () => {
  for (const child of living) signalGroup(child, 'SIGKILL')
})
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // A group of its own does not hear the terminal's Ctrl-C. What runs in it may have started groups, too, so it is asked
  // to end before it is made to.
  process.once(signal, () => {
    const leave = (): void => process.exit(code)
    setTimeout(leave, 3_000)
    if (living.size === 0) leave()
    for (const child of living) {
      child.once('close', () => living.size === 0 && leave())
      signalGroup(child, 'SIGTERM')
    }
  })
}
