/** One row of a time table. */
export type Timed = { name: string; seconds: number }

/** The closing table of a long command: what took how long. */
export function timeTable(rows: readonly Timed[]): string {
  const total = { name: 'in all', seconds: rows.reduce((sum, row) => sum + row.seconds, 0) }
  const width = Math.max(...[...rows, total].map((row) => row.name.length))
  return [...rows, total]
    .map((row) => `  ${row.name.padEnd(width)}  ${row.seconds.toFixed(1).padStart(6)} s`)
    .join('\n')
}
