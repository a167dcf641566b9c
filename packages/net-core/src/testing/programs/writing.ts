import { writeSync } from 'node:fs'
import { openOutput } from '../../lib/output/output.ts'

/**
 * Writes numbered lines of 64 bytes to its stdout, a hundred a turn for as many turns of the event loop as it is told, says
 * on stderr when it has, and ends when it gets SIGTERM. Told `exit`, it writes three lines and ends at once; told `leave`,
 * it writes more than anybody takes from it and then has nothing else to do. With WITHOUT_RIGHTS set it is first made a
 * user who may not open its stdout once more.
 */
const nobody = 65_534
if (process.env.WITHOUT_RIGHTS) process.setuid?.(nobody)
const output = openOutput(1)
const [mode = ''] = process.argv.slice(2)
say(process.pid)
if (mode === 'exit') exit()
else if (mode === 'leave') write(0, 20_000)
else writeInTurns(Number(mode))

function say(value: unknown): void {
  writeSync(2, `${JSON.stringify(value)}\n`)
}

function write(from: number, to: number): void {
  for (let line = from; line < to; line += 1) output.write(`${`${line}`.padStart(63)}\n`)
}

function exit(): never {
  for (const line of ['one', 'two', 'três']) output.write(`${line}\n`)
  process.exit(0)
}

function writeInTurns(count: number): void {
  const alive = setInterval(() => {}, 1_000)
  let turns = 0
  const timer = setInterval(() => {
    write(turns * 100, (turns + 1) * 100)
    turns += 1
    if (turns < count) return
    clearInterval(timer)
    say('written')
  }, 1)
  process.on('SIGTERM', async () => {
    clearInterval(timer)
    clearInterval(alive)
    await output.close({ deadline: 300 })
    say('closed')
    process.exit(0)
  })
}
