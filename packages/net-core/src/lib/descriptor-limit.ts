import { readdirSync, readFileSync } from 'node:fs'

/** Descriptors kept free for files, pipes and connections that the program opens itself. */
const RESERVE = 16

/**
 * How many connections a listener may hold at once so that the process never runs out of file descriptors. At that point
 * libuv would close new connections without a word; below it they are refused and counted.
 *
 * Linux tells the limit and the number open in /proc (proc(5)); elsewhere only what was asked for counts.
 */
export function connectionLimit(asked: number = Number.POSITIVE_INFINITY): number {
  const free = freeDescriptors()
  return Math.max(1, Math.min(asked, free === undefined ? Number.POSITIVE_INFINITY : free - RESERVE))
}

function freeDescriptors(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return soft === undefined ? undefined : Number(soft) - readdirSync('/proc/self/fd').length
}
