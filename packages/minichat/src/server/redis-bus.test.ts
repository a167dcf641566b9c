import { setTimeout as pause } from 'node:timers/promises'
import { until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { BusServer, linesOf, numbered } from '../testing/bus-server.ts'
import { RedisServer } from '../testing/redis-server.ts'
import { Relay } from '../testing/relay.ts'
import type { Bus, Missed } from './bus.ts'
import { openRedisBus } from './redis-bus.ts'

describe('openRedisBus', () => {
  it('gives every server every line, in one order', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open(redis)

    for (let n = 1; n <= 500; n += 1) {
      ana.says(`ana ${n}`)
      rui.says(`rui ${n}`)
      if (n % 10 === 0) await turn()
    }

    await until('both have heard all', () => ana.heard.length === 1_000 && rui.heard.length === 1_000)
    expect(rui.heard).toEqual(ana.heard)
    expect(ana.heard.filter((line) => line.startsWith('ana'))).toEqual(numbered('ana', 500))
    expect(ana.heard.filter((line) => line.startsWith('rui'))).toEqual(numbered('rui', 500))
  })

  it('carries notes, bytes and ids unchanged', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open(redis)

    ana.bus.publish({ lines: Buffer.from('olá 日本 🎉\tx\n'), count: 1, notes: ['{"came":"ana"}', 'ç'] })
    await until('both have heard it', () => ana.frames.length === 1 && rui.frames.length === 1)

    expect(rui.frames).toEqual(ana.frames)
    expect(rui.frames[0]).toMatchObject({ origin: ana.bus.origin, count: 1, notes: ['{"came":"ana"}', 'ç'] })
    expect(rui.frames[0]?.id).toMatch(/^[0-9-]{1,64}$/)
    expect(ana.bus.place).toBe(ana.frames[0]?.id)
  })

  it('remembers what was said for a server that comes later, and misses nothing in between', async (context) => {
    await using redis = await RedisServer.start(context)
    {
      await using ana = await BusServer.open(redis)
      for (let n = 1; n <= 700; n += 1) {
        ana.says(`ana ${n}`)
        await turn()
      }
      await until('it is all said', () => ana.heard.length === 700)
    }

    await using late = await BusServer.open(redis, { follows: false })
    await using rui = await BusServer.open(redis)
    const history = linesOf(await late.bus.history(100))
    rui.says('rui 1')
    await until('it is said', () => rui.heard.length === 1)
    late.follow()
    await until('the late one has heard it', () => late.heard.length === 1)

    expect(history.slice(-100)).toEqual(numbered('ana', 700).slice(-100))
    expect(linesOf(await late.bus.history(10_000))).toEqual([...numbered('ana', 700), 'rui 1'])
    expect(late.heard).toEqual(['rui 1'])
  })

  it('loses and doubles nothing when the broker is killed for 2 s', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open(redis)
    let isOver = false
    const talking = (async () => {
      for (let n = 1; !isOver; n += 1) {
        ana.says(`ana ${n}`)
        rui.says(`rui ${n}`)
        await pause(10)
      }
    })()

    await until('they talk', () => ana.heard.length > 50)
    await redis.kill()
    await pause(2_000)
    expect(ana.bus.state).toBe('split')
    await redis.start()
    await until('they are one room again', () => ana.states.at(-1) === 'whole' && rui.states.at(-1) === 'whole', 15_000)
    const before = ana.heard.length
    await until('they talk again', () => ana.heard.length > before + 50)
    isOver = true
    await talking
    const said = ana.said + rui.said
    await until('both have heard all', () => ana.heard.length >= said && rui.heard.length >= said)

    expect(ana.heard).toHaveLength(said)
    expect(rui.heard).toEqual(ana.heard)
    expect(ana.heard.filter((line) => line.startsWith('ana'))).toEqual(numbered('ana', ana.said))
    expect(ana.heard.filter((line) => line.startsWith('rui'))).toEqual(numbered('rui', rui.said))
    expect([ana.states, rui.states]).toEqual([
      ['split', 'whole'],
      ['split', 'whole'],
    ])
    expect([...ana.losses, ...rui.losses]).toEqual([])
  })

  it('settles when all that was said has come back', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await ana.bus.settled()

    for (let n = 1; n <= 300; n += 1) {
      ana.says(`ana ${n}`)
      if (n % 7 === 0) await turn()
      if (n % 50 !== 0) continue
      await ana.bus.settled()
      expect(ana.heard).toHaveLength(n)
    }
  })

  it('holds 1 MiB while the broker is away, says that it is full, and lets go again', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await redis.kill()
    await until('it knows', () => ana.states.length === 1)
    const line = 'x'.repeat(64 * 1024 - 1)

    for (let n = 1; n <= 15; n += 1) ana.says(line)
    expect(ana.bus.isFull).toBe(false)
    ana.says(line)
    expect(ana.bus.isFull).toBe(true)
    const drained = ana.bus.drained()
    await redis.start()
    await drained

    await until('all is heard', () => ana.heard.length === 16)
    expect(ana.bus.isFull).toBe(false)
    expect(ana.bus.counters).toMatchObject({ bus_held_bytes: 0, bus_held_lines: 0 })
  })

  it('says how much was lost when the broker trimmed past it', async (context) => {
    await using redis = await RedisServer.start(context)
    await using wire = await Relay.to({ host: '127.0.0.1', port: redis.port })
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open({ url: `redis://127.0.0.1:${wire.port}` })
    ana.says('ana 1')
    await until('both have heard it', () => ana.heard.length === 1 && rui.heard.length === 1)

    wire.cut()
    await until('Rui knows', () => rui.bus.state === 'split')
    for (let n = 2; n <= 4; n += 1) {
      ana.says(`ana ${n}`)
      await until('it is said', () => ana.heard.length === n)
    }
    await redis.ask('XTRIM', 'fund:minichat', 'MAXLEN', '1')
    wire.mend()

    await until('Rui has heard the last', () => rui.heard.length === 2)
    expect(rui.heard).toEqual(['ana 1', 'ana 4'])
    expect(rui.losses).toEqual([2])
    expect([ana.losses, ana.states]).toEqual([[], []])
    await until('Rui is back', () => rui.bus.state === 'whole')
    expect(rui.states).toEqual(['split', 'whole'])
  })

  it('sends again what a broker forgot that was killed before it had written all to its log', async (context) => {
    await using redis = await RedisServer.start(context)
    await using wire = await Relay.to({ host: '127.0.0.1', port: redis.port })
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open({ url: `redis://127.0.0.1:${wire.port}` })
    ana.says('ana 1')
    await until('both have heard it', () => ana.heard.length === 1 && rui.heard.length === 1)

    wire.cut()
    await until('Rui knows', () => rui.bus.state === 'split')
    for (let n = 2; n <= 4; n += 1) {
      ana.says(`ana ${n}`)
      await until('it is said', () => ana.heard.length === n)
    }
    await redis.ask('XDEL', 'fund:minichat', ...ana.frames.slice(1).map(({ id }) => id))
    await until('they are there again', async () => (await redis.ask('XLEN', 'fund:minichat')) === ':4\r\n')
    wire.mend()
    await until('Rui has heard all', () => rui.heard.length === 4)
    ana.says('ana 5')
    await until('both hear what comes', () => ana.heard.length === 5 && rui.heard.length === 5)

    expect(ana.heard).toEqual(numbered('ana', 5))
    expect(rui.heard).toEqual(numbered('ana', 5))
    expect([...ana.losses, ...rui.losses]).toEqual([])
  })

  it('notices that the broker has lost its memory, and goes on', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open(redis)
    ana.says('ana 1')
    await until('both have heard it', () => rui.heard.length === 1)

    await redis.ask('FLUSHALL')
    await until('both have noticed', () => ana.losses.length === 1 && rui.losses.length === 1)
    ana.says('ana 2')
    rui.says('rui 1')
    await until('both have heard all', () => rui.heard.length === 3 && ana.heard.length === 3)

    expect(rui.heard).toEqual(ana.heard)
    expect([ana.losses, rui.losses]).toEqual([[0], [0]]) // nobody can know whether any are
    expect([ana.states, rui.states]).toEqual([[], []])
    const secretKey = ['GET', 'fund:minichat:secret']
    await until('the broker has their secret again', async () => (await redis.ask(...secretKey)).startsWith('$32'))
    await using late = await BusServer.open(redis)
    expect(await late.bus.secret()).toEqual(await ana.bus.secret())
  })

  it('is split while the broker has no memory left, and then sends what it holds', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    ana.says('ana 1')
    await until('it is heard', () => ana.heard.length === 1)

    await redis.ask('CONFIG', 'SET', 'maxmemory', '1')
    ana.says('ana 2')
    ana.says('ana 3')
    await until('it is split', () => ana.states.length === 1)
    await redis.ask('CONFIG', 'SET', 'maxmemory', '0')

    await until('all is heard', () => ana.heard.length === 3)
    expect(ana.heard).toEqual(numbered('ana', 3))
    expect(ana.states).toEqual(['split', 'whole'])
    expect(ana.losses).toEqual([])
  })

  it('refuses and counts what another program wrote into the stream', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    const origin = '0123456789abcdef'
    const good = ['o', origin, 'n', '1', 'a', '0', 'c', '1', 'l', 'good\n']
    const bad: (string | Buffer)[][] = [
      ['x', 'y'],
      ['l', 'no more than a line\n'],
      [...good.slice(0, -1), '\x1b[2J\n'],
      [...good.slice(0, -1), 'a\rb\n'],
      [...good.slice(0, -1), 'a\u009bb\n'],
      [...good.slice(0, -1), 'a\u202eb\n'],
      [...good.slice(0, -1), Buffer.from([0x61, 0x9b, 0x0a])],
      [...good.slice(0, -1), 'no end'],
      [...good.slice(0, -1), 'two\nlines\n'],
      [...good, 't', '{'],
      [...good, 't', '[1]'],
      ['o', '../../etc', ...good.slice(2)],
      ['o', origin, 'n', '-1', ...good.slice(4)],
      ['o', origin, 'n', '1e99', ...good.slice(4)],
      ['o', origin, 'n', '9'.repeat(400), ...good.slice(4)],
    ]
    for (const fields of bad) await redis.ask('XADD', 'fund:minichat', '*', ...fields)
    await redis.ask('XADD', 'fund:minichat', '*', ...good)

    await until('the good one is heard', () => ana.heard.length > 0)
    expect(ana.heard).toEqual(['good'])
    expect(ana.bus.counters.bus_refused_entries_total).toBe(bad.length)
  })

  it('lives through a key of another kind, and a stream of nothing but rubbish', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    for (let n = 0; n < 600; n += 1) await redis.ask('XADD', 'fund:minichat', '*', 'rubbish', String(n))
    expect(await ana.bus.history(100)).toEqual([])

    await redis.ask('SET', 'fund:minichat', 'now a string')
    await until('it is split', () => ana.states.at(-1) === 'split')
    ana.says('ana 1')
    await redis.ask('DEL', 'fund:minichat')

    await until('it is heard', () => ana.heard.length === 1)
    expect(ana.states).toEqual(['split', 'whole'])
  })

  it('goes on behind an entry of somebody else whose id is as large as an id can be', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    ana.says('ana 1')
    await until('it is heard', () => ana.heard.length === 1)
    const before = ana.bus.place
    await redis.ask('XADD', 'fund:minichat', '18446744073709551615-1', 'not', 'ours')
    ana.says('ana 2')
    ana.says('ana 3')

    await until('they are heard', () => ana.heard.length === 3)
    expect(ana.bus.counters.bus_refused_entries_total).toBe(1)
    expect(await missed(ana.bus, before)).toEqual({ lines: ['ana 2', 'ana 3'], isWhole: true })
  })

  it('gives what was said in one turn, however much it was', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open(redis)
    const count = 200
    const lines = Buffer.from(Array.from({ length: count }, (_, n) => `${n} ${'\ufffd'.repeat(20_000)}\n`).join(''))
    ana.bus.publish({ lines, count })

    await until('both have heard it', () => [ana, rui].every(({ heard }) => heard.length === count))
    expect(rui.heard.join('\n')).toBe(String(lines).trimEnd())
    expect([...ana.losses, ...rui.losses]).toEqual([])
  })

  it('gives what was missed since a place, up to its own', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open(redis)
    for (let n = 1; n <= 300; n += 1) {
      ana.says(`ana ${n}`)
      await pause(1)
    }
    await until('both have heard all', () => ana.heard.length === 300 && rui.heard.length === 300)

    const place = rui.frames[9]?.id ?? ''
    const after = linesOf(rui.frames.slice(10))
    expect(after.length).toBeGreaterThan(0)
    expect(await missed(rui.bus, place)).toEqual({ lines: after, isWhole: true })
    expect(await missed(rui.bus, rui.bus.place)).toEqual({ lines: [], isWhole: true })
    expect(await missed(rui.bus, '0-0')).toEqual({ lines: numbered('ana', 300), isWhole: true })
    expect(await missed(rui.bus, '1-1')).toEqual({ lines: numbered('ana', 300), isWhole: false })
    expect(await missed(rui.bus, 'rubbish')).toEqual({ lines: [], isWhole: false })
  })

  it('gives each line once to who comes back while others talk', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open(redis)
    const start = rui.bus.place
    let isOver = false
    const talking = (async () => {
      while (!isOver) {
        ana.says(`ana ${ana.said + 1}`)
        await pause(1)
      }
    })()

    for (let round = 0; round < 20; round += 1) {
      const heard: string[] = []
      await rui.bus.since(start, ({ frames, isWhole }) => {
        expect(isWhole).toBe(true)
        heard.push(...linesOf(frames))
        rui.onFrame = (frame) => heard.push(...linesOf([frame]))
      })
      await pause(20)
      expect(heard).toEqual(numbered('ana', heard.length))
    }
    isOver = true
    await talking
  })

  it('shares a secret among the servers of a room', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using rui = await BusServer.open(redis)
    await using other = await BusServer.open(redis, { room: 'another' })

    expect((await ana.bus.secret()).length).toBe(32)
    expect(await rui.bus.secret()).toEqual(await ana.bus.secret())
    expect(await other.bus.secret()).not.toEqual(await ana.bus.secret())
  })

  it('keeps rooms of different names apart', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis)
    await using other = await BusServer.open(redis, { room: 'another' })

    ana.says('ana 1')
    other.says('other 1')
    await until('each has heard its own', () => ana.heard.length === 1 && other.heard.length === 1)

    expect([ana.heard, other.heard]).toEqual([['ana 1'], ['other 1']])
  })

  it('knows who is with the other servers, and not those of one that left empty', async (context) => {
    await using redis = await RedisServer.start(context)
    await using ana = await BusServer.open(redis, { users: 'ana, eva' })
    {
      await using rui = await BusServer.open(redis, { users: '' })
      await until('Rui knows of Ana', () => rui.bus.others.get(ana.bus.origin) === 'ana, eva')
    }
    await using late = await BusServer.open(redis)
    await until('the late one knows of Ana', () => late.bus.others.size > 0)

    expect([...late.bus.others.values()]).toEqual(['ana, eva'])
  })

  it('hands over what it holds when it is closed, and says what it could not', async (context) => {
    await using redis = await RedisServer.start(context)
    await using rui = await BusServer.open(redis)
    const ana = await BusServer.open(redis)
    for (let n = 1; n <= 100; n += 1) ana.says(`ana ${n}`)

    expect(await ana.bus.close()).toBe(0)
    expect(ana.heard).toEqual(numbered('ana', 100))
    await until('Rui has heard all', () => rui.heard.length === 100)

    await redis.kill()
    await until('Rui knows', () => rui.bus.state === 'split')
    for (let n = 1; n <= 7; n += 1) rui.says(`rui ${n}`)
    const start = performance.now()
    expect(await rui.bus.close({ deadline: 300 })).toBe(7)
    expect(performance.now() - start).toBeLessThan(1_500)
    rui.says('too late')
  })

  it.each([
    ['nonsense', 'Cannot use "nonsense" as a bus: it is an address such as redis://127.0.0.1:6379'],
    ['http://127.0.0.1:1', 'Cannot use "http://127.0.0.1:1" as a bus: it is an address such as redis://127.0.0.1:6379'],
    ['redis://127.0.0.1:1', 'Cannot connect to 127.0.0.1:1: nobody is listening there (ECONNREFUSED)'],
  ])('says why it cannot open %s', async (url, sentence) => {
    await expect(openRedisBus(url)).rejects.toThrow(sentence)
  })

  it('says that the broker wants a password', async (context) => {
    await using redis = await RedisServer.start(context)
    await redis.ask('CONFIG', 'SET', 'requirepass', 'sésamo')

    await expect(openRedisBus(redis.url)).rejects.toThrow('The broker is there, but refuses: NOAUTH')
    const bus = await openRedisBus(redis.url.replace('//', `//:${encodeURIComponent('sésamo')}@`))
    await bus.close()
  })
})

async function missed(bus: Bus, id: string): Promise<{ lines: string[]; isWhole: boolean }> {
  const given: Missed[] = []
  await bus.since(id, (each) => given.push(each))
  const [{ frames, isWhole }] = given as [Missed]
  return { lines: linesOf(frames), isWhole }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
