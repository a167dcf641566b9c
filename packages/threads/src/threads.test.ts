import { fileURLToPath } from 'node:url'
import { startProgram } from '@fund/net-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
const starter = fileURLToPath(new URL('../starter/mthreads.ts', import.meta.url))
const started = ['Iniciando contador 1 ("5 Segundos")', 'Iniciando contador 2 ("A")', 'Fim']
const made = ['Criando contador 1 ("5 Segundos")', 'Criando contador 2 ("A")', 'Iniciando os dois', 'Fim']
/** Each with what its main thread says. */
const commands = {
  'fund-threads': { command: [process.execPath, bin], own: started },
  'fund-threads mthreads2': { command: [process.execPath, bin, 'mthreads2'], own: started },
  'fund-threads exercise3': { command: [process.execPath, bin, 'exercise3'], own: made },
  'starter/mthreads.ts': { command: [process.execPath, starter], own: started },
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
  const all = [...names.map((name) => [name, commands[name].command] as const), ['unread', unread] as const]
  await Promise.all(all.map(async ([name, command]) => runs.set(name, await watch(command))))
}, 30_000)

async function watch(command: readonly string[]): Promise<Run> {
  await using program = startProgram(command)
  const code = await program.ends(25_000)
  return { lines: program.stdout.split('\n'), stderr: program.stderr, code }
}

describe.each(names)('%s', (name) => {
  const run = (): Run => runs.get(name) as Run
  const said = (counter: string): string[] => run().lines.filter((line) => line.startsWith(`${counter}: `))
  const { own } = commands[name]

  it('counts each counter down, every line whole and once', () => {
    expect(said('5 Segundos')).toEqual([5, 4, 3, 2, 1].map((number) => `5 Segundos: ${number}`))
    expect(said('A')).toEqual(Array.from({ length: 15 }, (_, at) => `A: ${15 - at}`))
    expect(run().lines).toHaveLength(20 + own.length + 1)
    expect(run().lines.at(-1)).toBe('')
  })

  it('counts both at the same time', () => {
    const seconds = run().lines.flatMap((line, at) => (line.startsWith('5 Segundos: ') ? [at] : []))
    const between = seconds.slice(1).map((end, at) => run().lines.slice((seconds[at] as number) + 1, end))
    for (const lines of between) expect(lines).toContainEqual(expect.stringMatching(/^A: \d+$/))
  })

  it('does not hold the main thread up: Fim comes when all is started, and is not the last line', () => {
    expect(run().lines.filter((line) => line !== '' && !/: \d+$/.test(line))).toEqual(own)
    expect(run().lines.indexOf('Fim')).toBeLessThan(run().lines.indexOf('5 Segundos: 4'))
    expect(run().lines.indexOf('Fim')).toBeLessThan(run().lines.indexOf('A: 10'))
  })

  it('ends well when the last thread has ended', () => {
    expect(run().code).toBe(0)
    expect(run().stderr).toBe('')
  })
})

describe('fund-threads exercise3', () => {
  it('has made both before the first number', () => {
    const lines = runs.get('fund-threads exercise3')?.lines ?? []
    const first = lines.findIndex((line) => /: \d+$/.test(line))
    expect(lines.slice(0, first)).toEqual(expect.arrayContaining(made.slice(0, 3)))
  })
})

describe('fund-threads', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends at %s, in the middle of the count', async (signal) => {
    await using program = startProgram([process.execPath, bin])
    await program.says('A: 14')

    program.signal(signal)

    expect(await program.ends()).toBe(0)
    expect(program.stdout).not.toContain('A: 1\n')
    expect(program.stderr).toBe('')
  })

  it('counts on, and ends well, when nobody reads any more', () => {
    expect(runs.get('unread')?.lines).toEqual(['Iniciando contador 1 ("5 Segundos")', ''])
    expect(runs.get('unread')?.stderr).toBe('ended with 0\n')
  })

  it('knows its four programs, and which of them takes a port', async () => {
    await using other = startProgram([process.execPath, bin, 'mthreads3'], { env: { FUND_LANG: 'en' } })
    await using port = startProgram([process.execPath, bin, 'mthreads', '9090'], { env: { FUND_LANG: 'en' } })

    expect(await other.ends()).toBe(2)
    expect(other.stderr).toContain('There is no program "mthreads3": choose mthreads, mthreads2, exercise3, echo\n')
    expect(await port.ends()).toBe(2)
    expect(port.stdout).toBe('')
  })
})
