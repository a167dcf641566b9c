import { fileURLToPath } from 'node:url'
import { startProgram } from '@fund/net-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
const starter = fileURLToPath(new URL('../starter/mthreads.ts', import.meta.url))
const commands = {
  'fund-threads': [process.execPath, bin],
  'fund-threads mthreads2': [process.execPath, bin, 'mthreads2'],
  'starter/mthreads.ts': [process.execPath, starter],
}
/** Its reader leaves after the first line. */
const unread = ['sh', '-c', `{ "${process.execPath}" "${bin}"; echo "ended with $?" >&2; } | head -n 1`]
const names = Object.keys(commands) as (keyof typeof commands)[]

interface Run {
  readonly lines: string[]
  readonly stderr: string
  readonly code: number | string
}

/** Each takes 5 s, mostly asleep: all of them run at the same time, once. */
const runs = new Map<string, Run>()

beforeAll(async () => {
  const all: [string, readonly string[]][] = [...Object.entries(commands), ['unread', unread]]
  await Promise.all(all.map(async ([name, command]) => runs.set(name, await watch(command))))
}, 20_000)

async function watch(command: readonly string[]): Promise<Run> {
  await using program = startProgram(command)
  const code = await program.ends(15_000)
  return { lines: program.stdout.split('\n'), stderr: program.stderr, code }
}

describe.each(names)('%s', (name) => {
  const run = (): Run => runs.get(name) as Run
  const said = (counter: string): string[] => run().lines.filter((line) => line.startsWith(`${counter}: `))

  it('counts each counter down, every line whole and once', () => {
    expect(said('5 Segundos')).toEqual([5, 4, 3, 2, 1].map((number) => `5 Segundos: ${number}`))
    expect(said('A')).toEqual(Array.from({ length: 15 }, (_, at) => `A: ${15 - at}`))
    expect(run().lines).toHaveLength(20 + 3 + 1)
    expect(run().lines.at(-1)).toBe('')
  })

  it('counts both at the same time', () => {
    const seconds = run().lines.flatMap((line, at) => (line.startsWith('5 Segundos: ') ? [at] : []))
    const between = seconds.slice(1).map((end, at) => run().lines.slice((seconds[at] as number) + 1, end))
    for (const lines of between) expect(lines).toContainEqual(expect.stringMatching(/^A: \d+$/))
  })

  it('does not hold the main thread up: Fim comes when all is started, and is not the last line', () => {
    const own = run().lines.filter((line) => line !== '' && !/: \d+$/.test(line))
    expect(own).toEqual(['Iniciando contador 1 ("5 Segundos")', 'Iniciando contador 2 ("A")', 'Fim'])
    expect(run().lines.indexOf('Fim')).toBeLessThan(run().lines.indexOf('5 Segundos: 4'))
  })

  it('ends well when the last thread has ended', () => {
    expect(run().code).toBe(0)
    expect(run().stderr).toBe('')
  })
})

describe('fund-threads', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends at %s, in the middle of the count', async (signal) => {
    await using program = startProgram([process.execPath, bin])
    await program.says('A: 14')

    program.signal(signal)

    expect(await program.ends(2_000)).toBe(0)
    expect(program.stdout).not.toContain('A: 1\n')
    expect(program.stderr).toBe('')
  })

  it('counts on, and ends well, when nobody reads any more', () => {
    expect(runs.get('unread')?.lines).toEqual(['Iniciando contador 1 ("5 Segundos")', ''])
    expect(runs.get('unread')?.stderr).toBe('ended with 0\n')
  })

  it('knows its two programs, and no port', async () => {
    await using other = startProgram([process.execPath, bin, 'mthreads3'], { env: { FUND_LANG: 'en' } })
    await using port = startProgram([process.execPath, bin, 'mthreads', '9090'], { env: { FUND_LANG: 'en' } })

    expect(await other.ends()).toBe(2)
    expect(other.stderr).toContain('There is no program "mthreads3": choose mthreads, mthreads2')
    expect(await port.ends()).toBe(2)
    expect(port.stdout).toBe('')
  })
})
