import { connect, NetError } from '@fund/net-core'
import { until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { Client } from '../testing/client.ts'
import { meet, openRoom } from '../testing/rooms.ts'
import { EmbeddedBus } from './embedded-bus.ts'
import { classroom } from './limits.ts'
import { makeToken } from './resumption-token.ts'

/** However slow the machine is, who begins with a token is in time. */
const patient = { ...classroom, firstWordsMs: 8_000 }

describe('a room that ends', () => {
  it('tells everybody, after all that was said, and nobody hears that everybody leaves', async () => {
    await using room = await openRoom()
    const clients = await meet(room.address, 3)
    const started = performance.now()

    room.room.announce({ en: 'the last word', pt: 'a última palavra' })
    await room.stop() // in the same turn: nothing of it has gone out yet

    for (const client of clients) {
      const [word, farewell, ...rest] = await client.hearsRest()
      expect(word).toBe('* the last word')
      expect(farewell).toMatch(/^\* the server stops, and what was said here ends with it\. Come back in \d\.\d s$/)
      expect(rest).toEqual([])
    }
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('tells who comes in that very moment, too', async () => {
    await using room = await openRoom({
      hasNames: true,
      bus: new KeptBus(),
      limits: { ...classroom, flood: undefined, firstWordsMs: 400 },
    })
    await using ana = await connect(room.address)
    const heard = new Client(ana).hearsRest()

    await room.stop() // it had no time to say anything

    expect(await heard).toContainEqual(expect.stringMatching(/^\* the server stops\. Come back in/))
    expect((await heard).at(-1)).toMatch(/^:back \S+$/)
  })

  it('does not wait for a member whose next line would have to wait for minutes', async () => {
    await using room = await openRoom({ limits: { ...classroom, flood: { burst: 1, perSecond: 0.01 } } })
    await using ana = new Client(await connect(room.address))
    await ana.says('one\ntwo\n')
    await until('she is held back', () => room.room.metrics.linesHeldBack === 1)

    await room.stop() // waits until the task of every member has ended
  })

  it('sends each back at a moment of its own', async () => {
    await using room = await openRoom()
    const clients = await meet(room.address, 20)

    await room.stop()

    const seconds = await Promise.all(
      clients.map(async (client) => Number(/in (\d\.\d) s/.exec((await client.hearsRest()).join())?.[1])),
    )
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...seconds)).toBeLessThanOrEqual(6)
    expect(new Set(seconds).size).toBeGreaterThan(5)
  })

  it('does not wait for a client that never reads', async () => {
    await using room = await openRoom()
    const [ana] = await meet(room.address, 1)
    const stuck = await connect(room.address)
    await stuck.sendAll('I shall not read\n')
    await ana.hears('I shall not read')
    for (let number = 0; number < 90; number += 1) {
      await ana.says(`${number} ${'x'.repeat(60_000)}\n`)
      await ana.hears()
    }
    const started = performance.now()

    await room.stop()

    expect(performance.now() - started).toBeLessThan(5_000)
    expect((await ana.hearsRest()).at(-1)).toContain('the server stops')
    stuck.abort()
  })

  it('gives who comes back what was said meanwhile, each line once, and its name', async () => {
    const bus = new KeptBus()
    await using first = await openRoom({ hasNames: true, bus: bus })
    const ana = new Client(await connect(first.address))
    await ana.says(':nick ana\none\ntwo\n')
    await ana.hears('<ana> two')
    await first.stop()
    const [farewell, line = ''] = await ana.hearsRest()
    expect(farewell).toMatch(/^\* the server stops\. Come back in \d\.\d s and begin with this line/)
    const token = /^:back (\S+)$/.exec(line)?.[1]

    await using second = await openRoom({ hasNames: true, bus: bus, limits: patient })
    await using rui = new Client(await connect(second.address))
    await rui.says(':nick rui\nthree\nfour\n')
    await rui.hears('<rui> four')
    await using back = new Client(await connect(second.address))
    await back.says(`:back ${token}\nfive\n`)

    const heard = await heardUntil(back, '<ana> five')
    expect(heard[0]).toBe('* this is what you missed')
    expect(heard.filter((said) => said.startsWith('<'))).toEqual(['<rui> three', '<rui> four', '<ana> five'])
    expect(heard).toContain('* ana is back')
    await rui.hears('* ana is back')
  })

  it('gives a person who pastes the token late what was said before the history, each line once', async () => {
    const bus = new KeptBus()
    await using room = await openRoom({
      hasNames: true,
      bus,
      limits: { ...classroom, flood: undefined, firstWordsMs: 1 },
    })
    await using rui = new Client(await connect(room.address))
    const token = makeToken({ place: '0', nick: 'ana', origin: 'here' }, await bus.secret())
    const lines = Array.from({ length: 150 }, (_, number) => `${number}`)
    await rui.says(`:nick rui\n${lines.map((line) => `${line}\n`).join('')}`)
    await rui.hears('<rui> 149')
    await using ana = new Client(await connect(room.address))
    const given = await heardUntil(ana, '<rui> 149')

    await ana.says(`:back ${token}\nthank you\n`)

    const later = await heardUntil(ana, '<ana> thank you')
    expect(later).toContain('* guest2 is now ana')
    expect(later).toContain('* before what you were given when you came, you missed this')
    const heard = [...later, ...given].filter((line) => line.startsWith('<rui> '))
    expect(heard.toSorted()).toEqual(lines.map((line) => `<rui> ${line}`).toSorted())
  })

  it('lets who comes back in while the broker is away, and says that it cannot tell what was missed', async () => {
    const bus = new BusAway()
    await using room = await openRoom({ hasNames: true, bus, limits: patient })
    await using ana = new Client(await connect(room.address))
    const token = makeToken({ place: '1', nick: 'ana', origin: 'here' }, await bus.secret())

    await ana.says(`:back ${token}\noi\n`)

    expect(await ana.hears()).toBe('* what you missed cannot be looked up now')
    expect(await heardUntil(ana, '<ana> oi')).toContain('* ana joined')
  })

  it('lets nobody back with a token that nobody made', async () => {
    const bus = new EmbeddedBus()
    await using room = await openRoom({ hasNames: true, bus, limits: patient })
    await using ana = new Client(await connect(room.address))

    await ana.says(':back 1.YW5h.AAAAAAAAAAAAAAAAAAAAAA\noi\n')

    expect(await ana.hears()).toBe('* that token is none of this room')
    expect(await heardUntil(ana, '<guest1> oi')).toBeDefined()
    expect(room.room.metrics.refused.token).toBe(1)
  })
})

/** A bus that outlives a room, as a broker does. */
class KeptBus extends EmbeddedBus {
  override async close(): Promise<number> {
    return 0
  }
}

/** A bus whose broker cannot be asked. */
class BusAway extends EmbeddedBus {
  override async since(): Promise<void> {
    throw new NetError({ code: 'ECONNRESET', action: 'recv' })
  }
}

async function heardUntil(client: Client, last: string): Promise<string[]> {
  const lines: string[] = []
  for (let line = await client.hears(); line !== last; line = await client.hears()) {
    if (line === undefined) throw new Error(`The connection ended before "${last}", after ${lines.join(' | ')}`)
    lines.push(line)
  }
  return [...lines, last]
}
