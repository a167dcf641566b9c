import { connect } from '@fund/net-core'
import { describe, expect, it } from 'vitest'
import { Client } from '../testing/client.ts'
import { hostile } from '../testing/hostile.ts'
import { openRoom, type TaskRoom } from '../testing/rooms.ts'
import type { BusListener } from './bus.ts'
import { EmbeddedBus } from './embedded-bus.ts'

/** Enters a room with names, and has read its welcome. */
async function enter(room: TaskRoom, nick?: string): Promise<Client> {
  const client = new Client(await connect(room.address))
  const welcome = await client.hears()
  const guest = /^\* you are (guest\d+)\. /.exec(welcome ?? '')?.[1]
  expect(guest).toBeDefined()
  await client.hears(`* ${guest} joined`)
  if (nick === undefined) return client
  await client.says(`:nick ${nick}\n`)
  await client.hears(`* ${guest} is now ${nick}`)
  return client
}

describe('a room with names', () => {
  it('puts the name before every line, and says who comes and goes', async () => {
    await using room = await openRoom({ hasNames: true })
    await using ana = await enter(room, 'ana')
    await using rui = await enter(room)

    await rui.says('oi\n:nick rui\noi, ana\n:me waves\n:bye\n')

    expect(await ana.hearsNext(6)).toEqual([
      '* guest2 joined',
      '<guest2> oi',
      '* guest2 is now rui',
      '<rui> oi, ana',
      '<rui> *waves*',
      '* rui left (bye)',
    ])
    expect((await rui.hearsRest()).at(-1)).toBe('<rui> *waves*')
  })

  it('gives a nick to one at a time', async () => {
    await using room = await openRoom({ hasNames: true })
    await using ana = await enter(room, 'Ana')
    await using rui = await enter(room)

    await rui.says(':nick ana\n:nick ａｎａ\n:nick two words\n:nick \n:nick \x1b[2J\n')
    for (const answer of [
      '* ana is somebody else',
      '* ana is somebody else',
      ...Array(3).fill('* a nick has 1 to 16'),
    ]) {
      expect(await rui.hears()).toContain(answer)
    }
    await ana.says(':bye\n')
    await rui.hears('* Ana left (bye)')
    await rui.says(':nick ana\n')
    await rui.hears('* guest2 is now ana')
  })

  it('takes for a line what is no command', async () => {
    await using room = await openRoom({ hasNames: true })
    await using ana = await enter(room, 'ana')
    const lines = [':)', ':nickname', ' :who', ':WHO', ':me', ':helpless', '* ana left']

    await ana.says(`${lines.join('\n')}\n`)

    expect(await ana.hearsNext(lines.length)).toEqual(lines.map((line) => `<ana> ${line}`))
  })

  it('answers :who and :help to who asks, and to nobody else', async () => {
    await using room = await openRoom({ hasNames: true })
    await using ana = await enter(room, 'ana')
    await using rui = await enter(room, 'Rui')
    await ana.hears('* guest2 is now Rui')

    await rui.says(':who\n:help\n')

    expect(await rui.hears()).toBe('* 2 here: ana, Rui')
    expect(await rui.hears()).toContain(':nick NAME')
    expect(await ana.hearsNothingElse()).toBe('<ana> is it quiet?')
  })

  it('gives who comes the last hundred lines, and the later ones behind them, each once', async () => {
    await using room = await openRoom({ hasNames: true })
    await using ana = await enter(room, 'ana')
    const lines = Array.from({ length: 150 }, (_, number) => `${number}`)
    await ana.says(lines.map((line) => `${line}\n`).join(''))
    await ana.hears('<ana> 149')

    await using rui = new Client(await connect(room.address))
    let number = 150
    const saying = setInterval(() => void ana.says(`${number++}\n`), 1)
    const heard: (string | undefined)[] = []
    for (let line = await rui.hears(); heard.length < 300; line = await rui.hears()) {
      if (line?.startsWith('<ana> ')) heard.push(line)
    }
    clearInterval(saying)

    const first = Number(heard[0]?.split(' ')[1])
    expect(first).toBeGreaterThanOrEqual(50)
    expect(heard).toEqual(Array.from({ length: 300 }, (_, at) => `<ana> ${first + at}`))
  })

  it('lets nothing through that a terminal would obey: in text, in a nick, in the history', async () => {
    await using room = await openRoom({ hasNames: true })
    await using ana = await enter(room, 'ana')
    for (const [said] of hostile) {
      const line = Buffer.from(said)
      await ana.says(Buffer.concat([Buffer.from(':nick '), line, Buffer.from('\n:me '), line, Buffer.from('\n'), line]))
      await ana.says('\n')
    }
    await ana.says('the end\n')
    const heard = await heardUntil(ana, '<ana> the end')

    await using late = new Client(await connect(room.address))
    const history = await heardUntil(late, '<ana> the end')

    for (const line of [...heard, ...history]) {
      expect(line.replaceAll('\t', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
    }
    // Only what the room says begins with the mark of the room.
    for (const line of heard) if (line.startsWith('*')) expect(line).toMatch(/^\* a nick has 1 to 16/)
    expect(history).toHaveLength(2 * hostile.length + 1)
  })

  it('says nothing of somebody who was gone before it said a word', async () => {
    await using room = await openRoom({ hasNames: true })
    await using ana = await enter(room, 'ana')

    await (await connect(room.address)).close()

    expect(await ana.hearsNothingElse()).toBe('<ana> is it quiet?')
  })

  it('hears somebody who says it all at once and leaves', async () => {
    await using room = await openRoom({ hasNames: true })
    await using ana = await enter(room, 'ana')
    await using rui = new Client(await connect(room.address))

    await rui.says(':nick rui\noi\n')
    await rui.connection.closeWrite()

    const all = await ana.hearsNext(4)
    expect(all).toEqual(['* guest2 joined', '* guest2 is now rui', '<rui> oi', '* rui left'])
    expect(await rui.hearsRest()).toContain('<rui> oi')
  })

  it('says of those whose server is gone, and of those who are back, what fits their number', async () => {
    const bus = new ToldBus()
    await using room = await openRoom({ hasNames: true, language: 'pt', bus })
    await using ana = new Client(await connect(room.address))
    await ana.hears('* guest1 entrou')
    const goes = (...nicks: string[]): void => {
      const notes = nicks.map((nick) => `+${nick}`)
      bus.listener?.onFrame({ id: '1', origin: 'there', lines: Buffer.alloc(0), count: 0, notes })
      bus.listener?.onGone?.(nicks.join(' '), 'there')
    }

    goes('rui')
    expect(await ana.hears()).toBe('* rui saiu (o servidor sumiu)')
    goes('rui', 'eva')
    expect(await ana.hears()).toBe('* rui, eva saíram (o servidor sumiu)')
    bus.listener?.onRevived?.()
    expect(await ana.hears()).toBe('* guest1 voltou')
    await using rui = new Client(await connect(room.address))
    await rui.hears('* guest2 entrou')
    bus.listener?.onRevived?.()
    expect(await ana.hears('* guest1, guest2 voltaram')).toBeDefined()
  })

  it('speaks Portuguese', async () => {
    await using room = await openRoom({ hasNames: true, language: 'pt' })
    await using ana = new Client(await connect(room.address))

    expect(await ana.hears()).toContain('você é guest1')
  })
})

/** A bus that a test can tell things by. */
class ToldBus extends EmbeddedBus {
  listener: BusListener | undefined

  override follow(listener: BusListener): void {
    super.follow(listener)
    this.listener = listener
  }
}

async function heardUntil(client: Client, last: string): Promise<string[]> {
  const lines: string[] = []
  for (let line = await client.hears(); line !== last; line = await client.hears()) lines.push(line ?? 'EOF')
  return [...lines, last]
}
