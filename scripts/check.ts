import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { readArguments } from './lib/arguments.ts'
import { quiet } from './lib/environment.ts'
import { execute } from './lib/execute.ts'
import { Failure, script, wrongUsage } from './lib/script.ts'
import { type Timed, timeTable } from './lib/time-table.ts'

/** One stage of the gate. `reports` means its own words are worth reading when all is well, too. */
type Stage = { name: string; command: string; reports?: true }

const stages: Stage[] = [
  { name: 'format', command: 'pnpm exec biome check' },
  { name: 'unused', command: 'pnpm exec knip' },
  { name: 'types', command: 'pnpm typecheck' },
  { name: 'tests', command: 'pnpm test' },
  { name: 'examples', command: 'pnpm check:examples', reports: true },
  { name: 'packages', command: 'pnpm check:packages', reports: true },
  { name: 'checkout', command: 'pnpm check:checkout', reports: true },
]

const usage = `Usage: pnpm check [--only ${stages.map((stage) => stage.name).join('|')}]... [--verbose]`

await script(async (args) => {
  const options = { only: { type: 'string', multiple: true }, verbose: { type: 'boolean' } } as const
  const { only = [], verbose = false } = readArguments({ args, options }, usage).values
  const unknown = only.find((name) => !stages.some((stage) => stage.name === name))
  if (unknown !== undefined) throw wrongUsage(`There is no stage "${unknown}".`, usage)
  const isColorful = process.stdout.isTTY && process.env.NO_COLOR === undefined
  const env = { ...quiet(), ...(isColorful && { FORCE_COLOR: '1' }) }
  const times: Timed[] = []
  for (const stage of stages.filter(({ name }) => only.length === 0 || only.includes(name))) {
    console.log(`${stage.name}: ${stage.command}`)
    const [command = '', ...words] = stage.command.split(' ')
    const done = await execute(command, words, { env, show: verbose || stage.reports === true })
    times.push({ name: stage.name, seconds: done.seconds })
    const cached = /Cached:\s+(\d+) cached, (\d+) total/.exec(stripVTControlCharacters(done.output))
    if (cached) console.log(`${cached[1]} of its ${cached[2]} tasks came from turbo's cache.`)
    if (done.code === 0) continue
    process.stdout.write(done.output)
    console.log(`\n${timeTable(times)}\n`)
    throw new Failure(`The stage "${stage.name}" failed.`, { next: stage.command })
  }
  console.log(`\n${timeTable(times)}\n\nEverything holds.`)
})
