import type { TargetPlace } from './boot.ts'
import { callerFile } from './caller-file.ts'
import { functionFile } from './function-file.ts'
import { ThreadError } from './thread-error.ts'

/** What a thread can run: a function, or a class that extends Thread. */
// biome-ignore lint/complexity/noBannedTypes: any function and any class, whatever they take and give
export type Target = Function

interface Registry {
  /** By key, the targets of this thread. */
  readonly targets: Map<string, Target>
  /** The other way round, with the file each was registered for. */
  readonly places: WeakMap<Target, { readonly url: string; readonly key: string }>
}

const registry = openRegistry()
const files = new WeakMap<Target, string>()

/**
 * Says where a thread finds a target: in the file that has this line at its top level. Needed where the target is not
 * exported, or where a bundler puts it into one file with this package. Gives the target itself.
 *
 * @param url The file's own `import.meta.url`.
 * @param target A function, or a class that extends Thread: `static { register(import.meta.url, this) }`.
 * @throws {ThreadError} `EINVAL` when `import.meta.url` is empty, as it is in a CommonJS bundle.
 *
 * @example
 * ```ts
 * import { isMain, print, register, Thread } from '@fund/threading'
 *
 * const greet = register(import.meta.url, (name: string) => print('Hello,', name))
 *
 * if (isMain(import.meta.url)) new Thread(greet, 'thread').start()
 * ```
 */
export function register<T extends Target>(url: string, target: T): T {
  if (!url) throw new ThreadError('noUrl', { target: target.name || 'the target' })
  if (registry.places.has(target)) return target
  // In a thread the file runs again, from the top, so the count comes out the same.
  let key = `${url}#${target.name}`
  for (let count = 2; registry.targets.has(key); count += 1) key = `${url}#${target.name}#${count}`
  registry.targets.set(key, target)
  registry.places.set(target, { url, key })
  return target
}

/** Where a thread will find a target. Throws what to do when it would not. */
export function placeOf(target: Target, thread: string): Omit<TargetPlace, 'isClass'> {
  const { name } = target
  const registered = registry.places.get(target)
  if (registered) return { url: registered.url, key: registered.key, name }
  if (name === '') throw new ThreadError('nameless', { thread })
  const file = fileOf(target)
  const url = toUrl(file)
  if (url === undefined) throw new ThreadError('homeless', { thread, target: name, file: file || 'built in or bound' })
  if (url === import.meta.url) throw new ThreadError('oneFile', { thread, target: name })
  return { url, name }
}

/** From here it is three frames up to the program: placeOf, Thread.start, and the call of start. */
const CALLER = 4

function fileOf(target: Target): string {
  const known = files.get(target)
  if (known !== undefined) return known
  const file = callerFile(target, CALLER) ?? functionFile(target)
  files.set(target, file)
  return file
}

/** Finds it, in the thread, where {@link placeOf} said. */
export async function findTarget(
  { url, key, name }: TargetPlace,
  load: (url: string) => Promise<unknown>,
): Promise<Target> {
  const loaded = (await load(url)) as Record<string, unknown>
  const registered = key === undefined ? undefined : registry.targets.get(key)
  const found = registered ?? exported(loaded, name) ?? exported(loaded.default, name)
  if (!found) throw new ThreadError('missing', { target: name, file: url })
  return found
}

/** The export that is called so itself (a bundler may export it under another name), or else the export of that name. */
function exported(from: unknown, name: string): Target | undefined {
  if (typeof from === 'function') return from.name === name ? from : undefined
  if (typeof from !== 'object' || from === null) return undefined
  const targets = Object.entries(from).filter((entry): entry is [string, Target] => typeof entry[1] === 'function')
  const [, found] = targets.find(([, each]) => each.name === name) ?? targets.find(([key]) => key === name) ?? []
  return found
}

function toUrl(file: string): string | undefined {
  if (/^(file|data):/.test(file)) return file
  if (!/^(\/|[A-Za-z]:[\\/])/.test(file)) return undefined
  return process.getBuiltinModule('node:url').pathToFileURL(file).href
}

/** One for all copies of this package in this thread. */
function openRegistry(): Registry {
  const home = globalThis as { [key: symbol]: unknown }
  const key = Symbol.for('fund:threading targets')
  home[key] ??= { targets: new Map(), places: new WeakMap() }
  return home[key] as Registry
}
