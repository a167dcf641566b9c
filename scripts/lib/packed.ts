import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { stranger } from './environment.ts'
import { must } from './execute.ts'
import type { Packed } from './pack.ts'
import { reachable } from './reachable.ts'
import { Failure } from './script.ts'
import { tarballFaults } from './tarball-rules.ts'
import { type Manifest, type Package, readJson } from './workspace.ts'

/** Checks one tarball: publint, Are the types wrong, and what it holds. */
export async function checkTarball(source: Manifest, { tarball, files }: Packed, unpacked: string): Promise<void> {
  await must('pnpm', ['exec', 'publint', tarball, '--strict'])
  await must('pnpm', ['exec', 'attw', tarball, '--profile', 'esm-only'])
  mkdirSync(unpacked, { recursive: true })
  await must('tar', ['-xzf', basename(tarball), '-C', unpacked, '--strip-components=1'], { cwd: join(tarball, '..') })
  const faults = tarballFaults(readJson<Manifest>(join(unpacked, 'package.json')), files, source)
  for (const file of files.filter((each) => each.endsWith('.js'))) {
    const maps = readFileSync(join(unpacked, file), 'utf8').includes('sourceMappingURL=')
    if (maps) faults.push(`${file} points at a source map that is not there.`)
  }
  if (faults.length > 0) throw new Failure(faults.join('\n'))
}

/** Installs a step and what it needs of ours into an empty folder. Offline: nothing of it may come from a registry. */
export async function installAlone(step: Package, tarballs: string[], folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n')
  await must('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], { cwd: folder, env: stranger() })
  const brought = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.') && name !== '@fund')
  if (brought.length > 0) throw new Failure(`${step.name} brought ${brought.join(', ')} along.`)
}

/** The path of the program that an installed step's `bin` names. */
export function binOf(step: Package, folder: string): string {
  const installed = join(folder, 'node_modules', step.name)
  const [bin] = Object.values(readJson<Manifest>(join(installed, 'package.json')).bin ?? {})
  if (bin === undefined) throw new Failure(`${step.name} has no bin.`)
  return join(installed, bin)
}

/** Bytes of the JavaScript that a program using echo and net-core's `.` and `./program` loads, and the files they are in. */
export function jsWeight(unpackedEcho: string, unpackedCore: string): { bytes: number; files: string[] } {
  const inEcho = ['dist/echo.js', 'dist/bin.js'].map((file) => join(unpackedEcho, file))
  const inCore = ['dist/index.js', 'dist/program.js'].map((file) => join(unpackedCore, file))
  const files = reachable([...inEcho, ...inCore])
  return { bytes: files.reduce((sum, file) => sum + statSync(file).size, 0), files }
}
