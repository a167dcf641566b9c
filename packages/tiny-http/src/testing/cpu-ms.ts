/** How many milliseconds of CPU some work takes; on a busy machine it takes longer, and no more of these. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
