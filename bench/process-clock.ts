import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU that a process and all it started have used so far, in seconds: user and kernel time of all threads, by the
 * scheduler's own clock. What has ended meanwhile no longer counts.
 */
export function cpuSeconds(pid: number): number {
  let ns = 0
  for (const one of [pid, ...descendants(pid)]) {
    for (const thread of list(`/proc/${one}/task`)) {
      const [run] = read(`/proc/${one}/task/${thread}/schedstat`).split(' ')
      ns += Number(run)
    }
  }
  return ns / 1e9
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
