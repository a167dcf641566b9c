import { closeSync, constants, fstatSync, openSync, type Stats, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { isatty } from 'node:tty'

/** What came of a write: the bytes taken, or `full` when there is no room now, or `gone` when nobody will read again. */
export type Written = number | 'full' | 'gone'

/** Writes to a descriptor without ever waiting. */
export interface DescriptorWriter {
  write(data: Uint8Array): Written
  /** Gives back what was opened for it. */
  close?: () => void
}

/**
 * A writer that never waits, or `undefined` where there is no way to have one: the terminals of macOS, all of Windows.
 *
 * Writing to a pipe or a terminal stops the thread while the reader does not read (`| less`, Ctrl-S). Non-blocking mode
 * belongs to the open file, which the shell and its other programs share, so on Linux a pipe or a terminal is opened once
 * more for us alone. Where that cannot be, and for sockets, node:net sets the mode of what is shared, as it does for
 * whoever uses `process.stdout`; but a terminal's it must not, since the shell reads from it too.
 */
export function descriptorWriter(fd: number): DescriptorWriter | undefined {
  const stats = statOf(fd)
  if (stats === undefined) return nobody
  if (stats.isFile() || (stats.isCharacterDevice() && !isatty(fd))) return writer(fd)
  if (process.platform === 'win32') return undefined
  const own = process.platform === 'linux' && !stats.isSocket() ? reopened(fd, stats) : undefined
  return own ?? (stats.isSocket() || stats.isFIFO() ? shared(fd) : undefined)
}

const nobody: DescriptorWriter = { write: () => 'gone' }

function statOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBADF') throw error
    return undefined // the program closed it
  }
}

function writer(fd: number): DescriptorWriter {
  return {
    write: (data) => {
      try {
        return writeSync(fd, data)
      } catch (error) {
        return outcome(error)
      }
    },
  }
}

/** What a failed write means. A disk may have room again; whatever else it is, nobody is there to be told of it. */
export function outcome(error: unknown): 'full' | 'gone' {
  const { code = '' } = error as NodeJS.ErrnoException
  return ['EAGAIN', 'EWOULDBLOCK', 'EINTR', 'ENOSPC', 'EDQUOT'].includes(code) ? 'full' : 'gone'
}

function reopened(fd: number, stats: Stats): DescriptorWriter | undefined {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
  try {
    const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
    return { ...writer(own), close: () => closeSync(own) }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENXIO' && stats.isFIFO()) return nobody // its reader has left
    if (['EACCES', 'EPERM', 'ENXIO', 'ENOENT', 'EIO', 'ENODEV'].includes(code)) return undefined
    throw error
  }
}

function shared(fd: number): DescriptorWriter | undefined {
  try {
    // Only for the mode: it is never written to, so it never fails, and never closes the descriptor under us.
    new Socket({ fd, readable: false, writable: true }).unref()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_INVALID_FD_TYPE' && code !== 'EINVAL') throw error
    return undefined
  }
  return writer(fd)
}
