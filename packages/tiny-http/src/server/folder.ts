import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { isAbsolute, join, relative as relativePath, sep } from 'node:path'
import { isHidden } from './file-path.ts'

/** A file that is open. Who has it closes it. */
export interface OpenFile {
  readonly fd: number
  readonly stats: Stats
}

/** A file or folder that may be given away. */
export interface Found {
  /** Where it really is, when all links are followed. */
  readonly real: string
  readonly stats: Stats
}

/**
 * Finds what has a name under a folder; `undefined` when there is nothing, and as if there were nothing for what is not
 * to be given away: what lies outside or has a hidden name, also by a link, and whatever is neither file nor folder.
 *
 * The system is asked and waited for: these calls take microseconds, less than handing them to a thread.
 *
 * @param relative As {@link filePath} gives it.
 */
export function find(folder: string, relative: string): Found | undefined {
  try {
    const real = realpathSync.native(join(folder, relative))
    const inside = relativePath(realpathSync.native(folder), real) // the folder may be a link that is turned to a new release
    if (isAbsolute(inside) || isHidden(sep === '/' ? inside : inside.replaceAll(sep, '/'))) return undefined
    const stats = statSync(real)
    return stats.isFile() || stats.isDirectory() ? { real, stats } : undefined
  } catch (error) {
    if (!isAbsence(error)) throw error
    return undefined
  }
}

/**
 * Opens a file that was found, and looks at what was opened: between the two calls anything may have happened. A pipe
 * that took its place does not keep us waiting, and a link is not followed.
 */
export function openFound({ real }: Found): OpenFile | undefined {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants
  let fd: number
  try {
    fd = openSync(real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
  } catch (error) {
    if (!isAbsence(error)) throw error
    return undefined
  }
  const stats = fstatSync(fd)
  if (stats.isFile() && isAt(fd, real)) return { fd, stats }
  closeSync(fd)
  return undefined
}

/**
 * Whether an open file is at this path, no link on the way: whoever may write into the folder could have put one there since
 * we looked. Only Linux says; elsewhere nobody but such a person is to be feared.
 */
function isAt(fd: number, real: string): boolean {
  try {
    return process.platform !== 'linux' || readlinkSync(`/proc/self/fd/${fd}`) === real
  } catch (error) {
    if (!isAbsence(error)) throw error
    return true // a Linux without /proc
  }
}

/** What the system has on a path now; `undefined` when there is nothing. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (!isAbsence(error)) throw error
    return undefined
  }
}

/** Whether it is the same file in the same state. Contents that change without this are beyond what a system tells. */
export function isSameState(a: Stats, b: Stats): boolean {
  return a.mtimeMs === b.mtimeMs && a.size === b.size && a.ino === b.ino && a.ctimeMs === b.ctimeMs && a.dev === b.dev
}

const absences = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'ENXIO', 'EINVAL', 'EILSEQ']

/** Whether an error of the system says that there is nothing for us at a path. */
export function isAbsence(error: unknown): boolean {
  return absences.includes((error as NodeJS.ErrnoException).code ?? '')
}
