import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { readArguments } from './lib/arguments.ts'
import { script, wrongUsage } from './lib/script.ts'
import { type Counts, closingLine, countReport, type Report, sumCounts } from './lib/test-counts.ts'
import { packages, readJson, root } from './lib/workspace.ts'

const usage = 'Usage: node scripts/count-tests.ts [--failed <n>]'
const options = { failed: { type: 'string', default: '0' } } as const

/** Counts the tests of the last `pnpm test` from vitest's reports. `--failed` adds what failed outside of them. */
await script(async (args) => {
  const { failed: typed } = readArguments({ args, options }, usage).values
  const failed = Number(typed)
  if (!Number.isSafeInteger(failed) || failed < 0) throw wrongUsage(`"${typed}" is not a number of failures.`, usage)
  const tested = packages().filter(({ manifest }) => manifest.scripts?.test !== undefined)
  const places = [{ name: 'scripts', folder: root }, ...tested]
  const counts = places.map(({ name, folder }) => countFolder(name, join(folder, 'reports/test.json')))
  const sum = sumCounts([...counts, { passed: 0, failed, skipped: 0 }])
  console.log(closingLine(sum))
  if (sum.failed > 0) process.exitCode = 1
})

/** A package whose tests did not get as far as a report has failed once. */
function countFolder(name: string, report: string): Counts {
  const counts = existsSync(report) ? countReport(readJson<Report>(report)) : { passed: 0, failed: 1, skipped: 0 }
  console.log(`  ${name}: ${existsSync(report) ? closingLine(counts) : 'no report, so its tests did not run'}`)
  return counts
}
