import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Fault } from './fault.ts'

/** Where compiled programs lie; git does not see it. */
export const buildFolder: string = join(import.meta.dirname, '.build')

/** Compiles one C file unless that has been done since it, or a header of the loads, changed, and gives the program's path. */
export function compile(source: string): string {
  const path = join(import.meta.dirname, source)
  const changed = Math.max(...[path, ...headers()].map((file) => statSync(file).mtimeMs))
  const program = join(buildFolder, basename(source, '.c'))
  const built = statSync(program, { throwIfNoEntry: false })
  if (built && built.mtimeMs > changed) return program
  mkdirSync(buildFolder, { recursive: true })
  const gcc = spawnSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', program, path], { encoding: 'utf8' })
  if (gcc.error) {
    throw new Fault('Cannot compile the load: gcc is missing. On Debian and Ubuntu: apt-get install gcc libc6-dev')
  }
  if (gcc.status !== 0) throw new Fault(`Cannot compile ${source}: ${gcc.stderr.trim()}`)
  return program
}

function headers(): string[] {
  const folder = join(import.meta.dirname, 'load')
  return readdirSync(folder)
    .filter((name) => name.endsWith('.h'))
    .map((name) => join(folder, name))
}
