import { type ProgramIo, run } from '@fund/net-core/program'
import { describe, expect, it } from 'vitest'
import { messages } from './messages.ts'
import { chooseModel, options } from './options.ts'
import { serveTasks } from './server/program.ts'

/** The command, as far as its arguments go: the exit code, and what it complains about. */
async function ask(...args: string[]): Promise<{ code: number; model: string | undefined; complaint: string }> {
  let complaint = ''
  let model: string | undefined
  const io: ProgramIo = {
    write: () => undefined,
    writeError: (text) => {
      complaint += text
    },
    hasColour: false,
    env: { FUND_LANG: 'en' },
    cwd: '/',
    onInterrupt: () => () => undefined,
  }
  const main = async (call: Parameters<typeof chooseModel>[0]): Promise<void> => {
    model = chooseModel(call)
    if (call.port === 1) await serveTasks({ ...call, host: '192.0.2.1' }) // where nobody can listen
  }
  const program = { name: 'fund-minichat', version: '1.0.0', summary: messages.summary, options, main }
  return { code: await run(program, args, io), model, complaint }
}

describe('the arguments of fund-minichat', () => {
  it.each([
    [['--model', 'threads', '--names'], '--names needs --model tasks'],
    [['--model', 'threads', '--public'], '--public needs --model tasks'],
    [['--model', 'threads', '--flood', '5,2'], '--flood needs --model tasks'],
    [['--model', 'threads', '--metrics', '0'], '--metrics needs --model tasks'],
    [['--flood', '5'], 'Cannot use "5" for --flood: it is BURST,RATE such as 500,100, or off'],
    [['--metrics', 'abc'], 'Cannot use "abc" as a port for --metrics: it is a whole number from 0 to 65535'],
    [['--metrics', '70000'], 'Cannot use "70000" as a port'],
    [['--model', 'processes'], 'Cannot use "processes" for --model: choose threads, tasks'],
    [['--threads', '0'], 'Cannot use "0" for --threads: it is a whole number from 1'],
  ])('refuse %j in a sentence', async (args, sentence) => {
    const { code, complaint } = await ask('1', ...args)

    expect(code).toBe(2)
    expect(complaint).toContain(`${sentence}`)
    expect(complaint).toContain('Usage: fund-minichat [')
  })

  it.each([
    [[], 'threads'],
    [['--threads', '5'], 'threads'],
    [['--model', 'tasks'], 'tasks'],
    [['--names'], 'tasks'],
    [['--public'], 'tasks'],
    [['--flood', 'off'], 'tasks'],
    [['--bus', 'redis://127.0.0.1'], 'tasks'],
    [['--metrics', '9091'], 'tasks'],
    [['--names', '--model', 'tasks'], 'tasks'],
  ])('%j ask for %s', async (args, model) => {
    expect(await ask('0', ...args)).toEqual({ code: 0, model, complaint: '' })
  })

  it("take a flood that is none, and one of one's own", async () => {
    for (const flood of ['off', '1,1', '20,0.5']) {
      expect((await ask('1', '--flood', flood)).complaint).toContain('(EADDRNOTAVAIL)')
    }
  })
})
