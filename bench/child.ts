import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Every child that runs now: whatever ends this process ends them too, each by its own id. */
const running = new Set<ChildProcess>()

/** Starts a child that does not outlive this process. `cpu` pins it to one core. */
export function startChild(command: readonly string[], cpu: number | undefined, options: SpawnOptions): ChildProcess {
  const [program, ...args] = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command]
  const child = spawn(program as string, args, options)
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

/** Asks a child to end, insists after `patienceMs`, and waits until it has. */
export async function stopChild(child: ChildProcess, patienceMs = 1000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const insist = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  await ended
  clearTimeout(insist)
}

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
