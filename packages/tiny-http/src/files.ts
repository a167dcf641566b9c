import { constants } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { extname, isAbsolute, join, relative } from 'node:path'

/** A file that is about to be sent. Who has it closes it. */
export interface OpenFile extends AsyncDisposable {
  readonly handle: FileHandle
  /** What its name says that it is: `text/html; charset=utf-8`. */
  readonly type: string
  /** In bytes. */
  readonly size: number
}

/**
 * Opens the file of a folder that a path such as `/sub/a.txt` names. `undefined` when there is none, and as if there were
 * none for whatever is not to be given away: hidden names, folders, pipes, and all that lies outside, also by a link.
 */
export async function openFile(folder: string, path: string): Promise<OpenFile | undefined> {
  if (isHidden(path) || path.includes('\\') || path.includes('\0')) return undefined
  try {
    const real = await realpath(join(folder, path)) // where it really is, when all links are followed
    const inside = relative(await realpath(folder), real)
    if (isHidden(inside) || isAbsolute(inside)) return undefined
    const handle = await open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)) // a pipe would keep us waiting
    const stats = await handle.stat()
    if (stats.isFile())
      return { handle, size: stats.size, type: typeOf(real), [Symbol.asyncDispose]: () => handle.close() }
    await handle.close()
  } catch (error) {
    if (!isAbsence(error)) throw error
  }
  return undefined
}

/** Whether there is such a folder. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (!isAbsence(error)) throw error
    return false
  }
}

/** Names that begin with a dot: `.git`, and `..`, which leads out. */
function isHidden(path: string): boolean {
  return /(^|[\\/])\./.test(path)
}

const absences = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'EISDIR', 'ENXIO', 'EINVAL']

function isAbsence(error: unknown): boolean {
  return absences.includes((error as NodeJS.ErrnoException).code ?? '')
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.gif': 'image/gif',
  '.htm': 'text/html; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/plain; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.py': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'text/xml; charset=utf-8',
}

function typeOf(path: string): string {
  return types[extname(path).toLowerCase()] ?? 'application/octet-stream'
}
