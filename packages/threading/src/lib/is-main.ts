/**
 * Whether a file is the program itself: the one that was given to node, in the main thread. A thread loads the file of its target
 * again, from the top, so whatever only the program does goes under `if (isMain(import.meta.url))`: what `if __name__ ==
 * '__main__'` is in Python.
 *
 * @param url The file's own `import.meta.url`.
 *
 * @example
 * ```ts
 * import { isMain, print } from '@fund/threading'
 *
 * if (isMain(import.meta.url)) print('This is the program, not a thread')
 * ```
 */
export function isMain(url: string): boolean {
  const { realpathSync } = process.getBuiltinModule('node:fs')
  const { fileURLToPath } = process.getBuiltinModule('node:url')
  const { isMainThread } = process.getBuiltinModule('node:worker_threads')
  const [, program] = process.argv
  if (!isMainThread || program === undefined || !url.startsWith('file:')) return false
  return realpathSync(resolved(program)) === realpathSync(fileURLToPath(url))
}

/** `node prog` runs prog.js too, and a bin of npm is a link to its file. */
function resolved(program: string): string {
  try {
    const { createRequire } = process.getBuiltinModule('node:module')
    return createRequire(`${process.cwd()}/`).resolve(program)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    return process.execPath // some other way to start: nothing that could be this file
  }
}
