import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The repository's own folder. */
export const root: string = resolve(import.meta.dirname, '../..')

/** What the scripts read of a package.json. */
export type Manifest = {
  name: string
  version: string
  description?: string
  license?: string
  type?: string
  engines?: Record<string, string>
  bin?: Record<string, string>
  exports?: Record<string, unknown>
  files?: string[]
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
  fund?: { order: number; title: string; given: string[]; write: string[] }
}

/** One folder of `packages/`. `short` is the name a person types: `echo` for `@fund/echo`. */
export type Package = { short: string; name: string; folder: string; manifest: Manifest }

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

/** The root's own package.json. */
export function rootManifest(): Manifest {
  return readJson<Manifest>(join(root, 'package.json'))
}

/** Every package, in the order of their folders. */
export function packages(): Package[] {
  return readdirSync(join(root, 'packages'))
    .filter((short) => existsSync(join(root, 'packages', short, 'package.json')))
    .map((short) => {
      const folder = join(root, 'packages', short)
      const manifest = readJson<Manifest>(join(folder, 'package.json'))
      return { short, name: manifest.name, folder, manifest }
    })
}

/** The packages that are a step of the course, in the course's order. */
export function steps(): Package[] {
  const order = (step: Package): number => step.manifest.fund?.order ?? 0
  return packages()
    .filter((each) => each.manifest.fund !== undefined)
    .sort((a, b) => order(a) - order(b))
}

/** Every package of ours that `start` needs at run time, nearest first, itself not among them. */
export function dependenciesOf(start: Package, all: Package[] = packages()): Package[] {
  const found: Package[] = []
  const queue = [start]
  for (const current of queue) {
    for (const name of Object.keys(current.manifest.dependencies ?? {})) {
      const dependency = all.find((each) => each.name === name)
      if (dependency === undefined || dependency === start || found.includes(dependency)) continue
      found.push(dependency)
      queue.push(dependency)
    }
  }
  return found
}
