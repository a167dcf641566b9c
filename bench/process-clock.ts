import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel counts these in: always a hundredth of a second. */
const TICKS_PER_SECOND = 100

/**
 * CPU that a process and all it started have used so far, in seconds, to a hundredth: user and kernel time of all threads,
 * also of those that have ended, as a server with a thread for each connection has many.
 */
export function cpuSeconds(pid: number): number {
  let ticks = 0
  for (const one of [pid, ...descendants(pid)]) {
    // The name of the program, in brackets, may hold anything. Behind it: utime, stime, cutime, cstime are the 12th to 15th.
    const words = read(`/proc/${one}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    for (const word of words.slice(11, 15)) ticks += Number(word)
  }
  return ticks / TICKS_PER_SECOND
}

/** How much memory it and all it started have, in KiB. */
export function residentKiB(pid: number): number {
  const lines = [pid, ...descendants(pid)].map((one) => /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${one}/status`))?.[1])
  return lines.reduce((sum, kib) => sum + Number(kib ?? 0), 0)
}

function descendants(pid: number): number[] {
  const children = list(`/proc/${pid}/task`).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  )
  return children.flatMap((child) => [child, ...descendants(child)])
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return [] // it has just ended
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    return ''
  }
}
