import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'

/** Where and when figures were taken: without it they mean nothing. */
export interface Machine {
  readonly date: string
  readonly commit: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  readonly python: string
  readonly uvloop: string
  readonly gcc: string
}

/** The interpreter of the Python peers: Debian's own, for which python3-uvloop is made. */
export const python = '/usr/bin/python3'

/** The first line a program prints, or undefined when it is missing or fails. */
export function firstLineOf(command: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', cwd: import.meta.dirname })
  return status === 0 ? stdout.split('\n')[0] : undefined
}

/** What this machine is, and the programs the figures depend on. */
export function machine(): Machine {
  const isDirty = firstLineOf('git', 'status', '--porcelain', '--untracked-files=no') !== ''
  return {
    date: new Date().toISOString(),
    commit: `${firstLineOf('git', 'rev-parse', '--short', 'HEAD') ?? 'none'}${isDirty ? ' with changes' : ''}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${distribution()}, Linux ${release()}`,
    node: process.version,
    python: firstLineOf(python, '--version') ?? 'missing',
    uvloop: firstLineOf(python, '-c', 'import uvloop; print(uvloop.__version__)') ?? 'missing',
    gcc: firstLineOf('gcc', '--version') ?? 'missing',
  }
}

function distribution(): string {
  const name = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))
  return name?.[1] ?? 'Linux'
}
