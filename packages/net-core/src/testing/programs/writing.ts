import { writeSync } from 'node:fs'
import { openOutput } from '../../lib/output.ts'

/**
 * Writes numbered lines of 64 bytes to its stdout, a hundred a turn for as many turns of the event loop as it is told, says
 * on stderr when it has, and ends when it gets SIGTERM. Told `exit`, it writes three lines and ends at once.
 */
const output = openOutput(1)
const [mode = ''] = process.argv.slice(2)
const say = (value: unknown): number => writeSync(2, `${JSON.stringify(value)}\n`)

if (mode === 'exit') {
  for (const line of ['one', 'two', 'três']) output.write(`${line}\n`)
  process.exit(0)
}

let turns = 0
const timer = setInterval(() => {
  for (let line = 0; line < 100; line += 1) output.write(`${`${turns * 100 + line}`.padStart(63)}\n`)
  turns += 1
  if (turns < Number(mode)) return
  clearInterval(timer)
  say('written')
}, 1)
const alive = setInterval(() => {}, 1_000)

process.on('SIGTERM', async () => {
  clearInterval(timer)
  clearInterval(alive)
  await output.close({ deadline: 300 })
  say('closed')
  process.exit(0)
})
say(process.pid)
