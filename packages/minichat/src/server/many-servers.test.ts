import { setTimeout as pause } from 'node:timers/promises'
import { startProgram, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { BusServer } from '../testing/bus-server.ts'
import { type ChatProcess, chatCommand, startChat } from '../testing/chat-process.ts'
import { Listening } from '../testing/listening.ts'
import { RedisServer } from '../testing/redis-server.ts'
import { makeToken } from './resumption-token.ts'

/*
 * Real servers, each a process of its own, that share one room through a real broker.
 */
describe('fund-minichat --bus', () => {
  it('is one room with one order, whichever server one is at', async (context) => {
    await using redis = await RedisServer.start(context)
    await using here = await startChat(['--bus', redis.url, '--flood', 'off'])
    await using there = await startChat(['--bus', redis.url, '--flood', 'off'])
    await using ana = await Listening.at(here.address)
    await using rui = await Listening.at(there.address)
    await using eva = await Listening.at(there.address)
    await everybodyIsIn([ana, rui, eva])

    const speakers = Object.entries({ ana, rui, eva })
    for (let n = 1; n <= 300; n += 1) for (const [name, each] of speakers) await each.says(`${name} ${n}`)
    await until('all have heard all', () => speakers.every(([, { lines }]) => lines.length === 900))

    expect(rui.lines).toEqual(ana.lines)
    expect(eva.lines).toEqual(ana.lines)
    for (const [name] of speakers) expect(ana.linesOf(name)).toEqual(numbers(300))
  })

  it('loses and doubles nothing when the broker is killed, and says when the room is split', async (context) => {
    await using redis = await RedisServer.start(context)
    await using here = await startChat(['--bus', redis.url, '--flood', 'off'])
    await using there = await startChat(['--bus', redis.url, '--flood', 'off'])
    await using ana = await Listening.at(here.address)
    await using rui = await Listening.at(there.address)
    await everybodyIsIn([ana, rui])
    const talk = talking({ ana, rui })

    await until('they talk', () => ana.lines.length > 50)
    await redis.kill()
    await pause(500)
    await redis.start()
    await until('it is whole again', () => ana.hasHeard('is whole again') && rui.hasHeard('is whole again'), 15_000)
    const said = await talk.stop()
    await until('all have heard all', () => ana.talk.length >= said * 2 && rui.talk.length >= said * 2)

    expect(rui.talk).toEqual(ana.talk)
    for (const name of ['ana', 'rui']) expect(ana.linesOf(name)).toEqual(numbers(said))
    for (const { notices } of [ana, rui]) {
      expect(notices).toEqual([
        '* the room is split: others may not hear you until it is whole again',
        '* the room is whole again',
      ])
    }
  })

  it('gives who comes back after a restart what was said meanwhile, every line once, and the nick', async (context) => {
    await using redis = await RedisServer.start(context)
    const options = ['--bus', redis.url, '--names', '--flood', 'off']
    const here = await startChat(options)
    await using there = await startChat(options)
    await using ana = await Listening.at(here.address)
    await ana.says(':nick ana')
    await until('Ana has a nick', () => ana.hasHeard('is now ana'))
    await using rui = await Listening.at(there.address)
    await rui.says(':nick rui')
    await until('Rui has a nick', () => ana.hasHeard('is now rui'))
    const talk = talking({ rui })
    await until('he talks', () => ana.lines.length > 50)

    here.program.signal('SIGTERM')
    expect(await here.program.ends()).toBe(0)
    await until('Ana was told', () => ana.isOver)
    const token = ana.lines.at(-1) ?? ''
    expect(ana.lines.at(-2)).toMatch(/^\* the server stops. Come back in [1-6]\.\d s/)
    expect(token).toMatch(/^:back [\w.-]{20,90}$/)
    await pause(300)
    await using again = await comesWith(token, there)
    await until('Ana is back', () => again.hasHeard('this is what you missed'))
    await pause(300)
    const said = await talk.stop()
    await until('Ana has heard all', () => again.linesOf('<rui> rui').at(-1) === said)
    await again.says('here I am')
    await until('Rui hears her by her name', () => rui.lines.includes('<ana> here I am'))

    expect([...ana.linesOf('<rui> rui'), ...again.linesOf('<rui> rui')]).toEqual(numbers(said))
    expect(rui.linesOf('<rui> rui')).toEqual(numbers(said))
    expect(rui.notices.filter((notice) => /ana (left|joined|is back)/.test(notice))).toEqual([])
  })

  it('lets in who comes while the room is split, and says so', async (context) => {
    await using redis = await RedisServer.start(context)
    await using here = await startChat(['--bus', redis.url, '--names'])
    await using bus = await BusServer.open(redis)
    const token = makeToken({ place: bus.bus.place, nick: 'eva', origin: bus.bus.origin }, await bus.bus.secret())
    await using ana = await Listening.at(here.address)
    await until('Ana is in', () => ana.hasHeard('you are guest1'))

    await redis.kill()
    await until('Ana is told', () => ana.hasHeard('the room is split'))
    await using rui = await Listening.at(here.address)
    await using eva = await comesWith(`:back ${token}`, here)
    await until('both are in', () => rui.hasHeard('you are guest') && eva.hasHeard('you are eva'))
    await redis.start()
    await eva.says('oi')
    await until('all hear her', () => [ana, rui, eva].every((each) => each.lines.includes('<eva> oi')), 15_000)

    expect(rui.notices[0]).toMatch('the room is split')
    expect(eva.notices.slice(0, 2)).toEqual([
      '* what you missed cannot be looked up now',
      '* the room is split: others may not hear you until it is whole again',
    ])
  })

  it('remembers what was said for who comes after every server was restarted', async (context) => {
    await using redis = await RedisServer.start(context)
    const options = ['--bus', redis.url, '--names', '--flood', 'off']
    {
      const here = await startChat(options)
      await using ana = await Listening.at(here.address)
      for (let n = 1; n <= 120; n += 1) await ana.says(`ana ${n}`)
      await until('all is said', () => ana.lines.some((line) => line.endsWith('ana 120')))
      here.program.signal('SIGTERM')
      await here.program.ends()
    }
    await using here = await startChat(options)
    await using rui = await Listening.at(here.address)
    await until('Rui is welcome', () => rui.hasHeard('ana 120'))

    const history = rui.lines.filter((line) => / ana \d+$/.test(line)).map((line) => Number(line.split(' ').at(-1)))
    expect(history).toEqual(numbers(120).slice(-100))
  })

  it('lets nobody have a nick that somebody has on another server', async (context) => {
    await using redis = await RedisServer.start(context)
    const options = ['--bus', redis.url, '--names']
    await using here = await startChat(options)
    await using there = await startChat(options)
    await using ana = await Listening.at(here.address)
    await using rui = await Listening.at(there.address)

    const both = [ana, rui]
    await until('both are in', () => both.every((each) => each.hasHeard('you are guest')))

    await ana.says(':nick same')
    await rui.says(':nick same')
    await until('both hear that one has it', () => both.every((each) => each.hasHeard('is now same')))
    await until('one is refused', () => both.some((each) => each.hasHeard('same is somebody else')))

    expect(both.filter((each) => each.hasHeard('same is somebody else'))).toHaveLength(1)
    expect(ana.notices.filter((line) => line.includes('is now same'))).toHaveLength(1)
  })

  it('lets nothing pass that another program wrote into the stream', async (context) => {
    await using redis = await RedisServer.start(context)
    await using here = await startChat(['--bus', redis.url, '--names'])
    await using ana = await Listening.at(here.address)
    await until('Ana is in', () => ana.lines.length > 0)
    const origin = '0123456789abcdef'
    const forged = ['o', origin, 'n', '1', 'a', '0', 'c', '1', 'l', '\x1b[2J\x1b]52;c;eA==\x07\n']
    await redis.ask('XADD', 'fund:minichat', '*', ...forged)
    await redis.ask(
      'XADD',
      'fund:minichat',
      '*',
      ...forged.slice(0, -1),
      'fine\n',
      't',
      '["+\\u001b[2J","=\\u001b[2J","x"]',
    )
    await ana.says('after it')
    await until('Ana hears what came after', () => ana.hasHeard('after it'))
    await ana.says(':who')
    await until('Ana is told who is there', () => ana.hasHeard('1'))

    expect(ana.lines).toContain('fine')
    expect(ana.lines.join('\n')).not.toMatch(/[^\P{Cc}\n\t]/u)
  })

  it.each([
    [
      'no broker',
      ['--bus', 'redis://127.0.0.1:1'],
      1,
      'Cannot connect to 127.0.0.1:1: nobody is listening there (ECONNREFUSED)',
    ],
    [
      'no address',
      ['--bus', 'localhost'],
      2,
      'Cannot use "localhost" as a bus: it is an address such as redis://127.0.0.1:6379',
    ],
    [
      'no database',
      ['--bus', 'redis://127.0.0.1:1/abc'],
      2,
      'Cannot use "redis://127.0.0.1:1/abc" as a bus: it is an address such as redis://127.0.0.1:6379',
    ],
    [
      'no password',
      ['--bus', 'redis://:%zz@127.0.0.1:1'],
      2,
      'Cannot use "redis://:%zz@127.0.0.1:1" as a bus: it is an address such as redis://127.0.0.1:6379',
    ],
    ['threads', ['--bus', 'redis://127.0.0.1:1', '--model', 'threads'], 2, expect.stringContaining('--bus')],
  ])('says why it cannot begin: %s', async (_, args, code, sentence) => {
    await using program = startProgram([...chatCommand, ...args], { env: { FUND_LANG: 'en' } })

    expect(await program.ends()).toBe(code)
    expect(program.stderr.split('\n')[0]).toEqual(sentence)
    expect(program.stdout).toBe('')
  })

  it('names the package that is missing', async () => {
    const args = ['--bus', 'redis://127.0.0.1:1']
    await using program = startProgram([...chatCommand, ...args], {
      env: { FUND_LANG: 'en', NODE_OPTIONS: WITHOUT_REDIS },
    })

    expect(await program.ends()).toBe(2)
    expect(program.stderr.split('\n')[0]).toBe(
      'A room on many machines needs the package @redis/client, which is not installed. Install it with: npm install @redis/client@6',
    )
  })
})

/** What makes Node find everything but `@redis/client`. */
const WITHOUT_REDIS = `--import=data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(name, context, next) {
      if (name !== '@redis/client') return next(name, context)
      throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
    },
  })
`)}`

/** Connects and says this at once, however slow this process is: the server stands still meanwhile. */
async function comesWith(line: string, { program, address }: ChatProcess): Promise<Listening> {
  program.signal('SIGSTOP')
  const client = await Listening.at(address)
  await client.says(line)
  program.signal('SIGCONT')
  return client
}

/** Waits until all of them are in the room, and forgets what they heard: from then on nobody misses anything. */
async function everybodyIsIn(clients: readonly [Listening, ...Listening[]]): Promise<void> {
  const [first] = clients
  const haveHeard = (word: string): boolean => clients.every(({ lines }) => lines.includes(word))
  await until('everybody is in', async () => {
    await first.says('hello') // whoever is not in yet does not hear it: again
    await pause(20)
    return haveHeard('hello')
  })
  await first.says('begin')
  await until('everybody has heard the last hello', () => haveHeard('begin'))
  for (const { lines } of clients) lines.length = 0
}

/** Lets clients say `name 1`, `name 2` and so on, 100 lines a second each, until told to stop; gives how many. */
function talking(clients: Readonly<Record<string, Listening>>): { readonly stop: () => Promise<number> } {
  let isOver = false
  let said = 0
  const over = (async () => {
    while (!isOver) {
      said += 1
      for (const [name, client] of Object.entries(clients)) await client.says(`${name} ${said}`)
      await pause(10)
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await over
      return said
    },
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
