import { must } from './execute.ts'

/**
 * The process at the end of a chain such as npx -> pnpm -> sh -> node. A signal has to go there alone: npm and pnpm have
 * exit codes of their own when they are the ones who are signalled. The deepest is meant: pnpm has a watcher beside it.
 */
export async function innermost(pid: number): Promise<number> {
  const { stdout } = await must('ps', ['-A', '-o', 'pid=,ppid='])
  const rows = stdout.trim().split('\n')
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number])
  let deepest = [pid]
  while (true) {
    const children = parents.filter(([, parent]) => deepest.includes(parent)).map(([self]) => self)
    if (children.length === 0) return Math.max(...deepest)
    deepest = children
  }
}
