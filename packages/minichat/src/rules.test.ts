import { connect as nodeConnect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Address, connect } from '@fund/net-core'
import { requiresProgram, startProgram, until } from '@fund/net-core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChatProcess, startChat } from './testing/chat-process.ts'
import { join } from './testing/client.ts'
import { hostile } from './testing/hostile.ts'
import { type Clients, meet, openRoom } from './testing/rooms.ts'

/*
 * What both rooms do, the one of threads and the one of tasks: the exercise, and what a careful program does besides. One
 * process for each model; each test has clients of its own, and leaves an empty room.
 */
describe.each(['threads', 'tasks'])('minichat, with %s', (model) => {
  let threads: ChatProcess | undefined

  beforeAll(async () => {
    if (model === 'threads') threads = await startChat(['--model', 'threads'])
  })

  afterAll(async () => {
    expect(threads?.program.stderr ?? '').toBe('')
    await threads?.[Symbol.asyncDispose]()
  })

  /** Lets so many in, who have heard of each other. */
  async function open(count: number): Promise<{ address: Address; clients: Clients } & AsyncDisposable> {
    const room = threads ?? (await openRoom())
    const clients = await meet(room.address, count)
    return {
      address: room.address,
      clients,
      async [Symbol.asyncDispose]() {
        for (const { connection } of clients) connection.abort()
        if (room !== threads) return room[Symbol.asyncDispose]()
        await until('they have left', async () => {
          await using alone = await join(room.address)
          const isQuiet = (await alone.hearsNothingElse()) === undefined
          await alone.says(':bye\n')
          await alone.hearsRest() // the others have been told by then, and the next test hears nothing of it
          return isQuiet
        })
      },
    }
  }

  it('gives every client a copy of every line, the sender as well', async () => {
    await using room = await open(3)
    const [ana, rui, eva] = room.clients

    await ana.says('oi\n')
    for (const client of room.clients) expect(await client.hears()).toBe('oi')
    await rui.says('oi, Ana\n')
    for (const client of room.clients) expect(await client.hears()).toBe('oi, Ana')
    await eva.says('\n')
    for (const client of room.clients) expect(await client.hears()).toBe('')
  })

  it('loses none of a hundred lines, and keeps their order', async () => {
    await using room = await open(3)
    const { clients } = room
    const lines = Array.from({ length: 100 }, (_, number) => `line ${number}`)

    await clients[0].says(lines.map((line) => `${line}\n`).join(''))

    for (const client of clients) expect(await client.hearsNext(100)).toEqual(lines)
  })

  it('keeps the order of each speaker, and lines whole, when all speak at once', async () => {
    await using room = await open(5)
    const { clients } = room
    const count = 100
    const speaking = clients.map(async (client, who) => {
      for (let number = 0; number < count; number += 1) await client.says(`${who} ${number} ${'x'.repeat(number)}\n`)
    })

    for (const client of clients) {
      const next = clients.map(() => 0)
      for (const line of await client.hearsNext(count * clients.length)) {
        const [who = '', number, filling = ''] = line?.split(' ') ?? []
        expect(Number(number)).toBe(next[Number(who)])
        expect(filling).toHaveLength(Number(number))
        next[Number(who)] = Number(number) + 1
      }
    }
    await Promise.all(speaking)
  })

  it('gives who comes later the later lines only', async () => {
    await using room = await open(1)
    const { clients } = room
    await clients[0].says('nobody is here yet\n')
    await clients[0].hears('nobody is here yet')
    await pause(80)

    await using late = await join(room.address)

    await clients[0].says('now there is\n')
    expect(await late.hears()).toBe('now there is')
  })

  it('puts lines together from pieces, whoever speaks in between', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients

    await ana.says('abc')
    await rui.says('xyz\r\n')
    expect(await rui.hears()).toBe('xyz')
    await ana.says('def\n')

    expect(await rui.hears()).toBe('abcdef')
    expect(await ana.hearsNext(2)).toEqual(['xyz', 'abcdef'])
  })

  it('keeps a character whole that comes in two pieces', async () => {
    await using room = await open(2)
    const { clients } = room
    const line = Buffer.from('coração ❤\n')

    for (let cut = 1; cut < line.length; cut += 1) {
      await clients[0].says(line.subarray(0, cut))
      await pause(1)
      await clients[0].says(line.subarray(cut))
      for (const client of clients) expect(await client.hears()).toBe('coração ❤')
    }
  })

  it.each([
    ['LF', [':bye\n']],
    ['CRLF', [':bye\r\n']],
    ['four pieces', [':', 'by', 'e', '\n']],
    ['one piece with more behind it', [':bye\nnobody hears this\n']],
  ])('closes the connection at :bye (%s) and tells the others once', async (_, pieces) => {
    await using room = await open(3)
    const [ana, rui, eva] = room.clients

    for (const piece of pieces) {
      await ana.says(piece)
      await pause(2)
    }

    expect(await ana.hears()).toBe(undefined)
    for (const client of [rui, eva]) expect(await client.hears()).toBe(`* ${ana.name} left (bye)`)
    expect(await rui.hearsNothingElse()).toBe(undefined)
  })

  it('hears what was said in one piece with :bye, and so does who said it', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients

    await ana.says('oi\n:bye\n')

    expect(await rui.hearsNext(2)).toEqual(['oi', `* ${ana.name} left (bye)`])
    expect(await ana.hearsNext(2)).toEqual(['oi', undefined])
  })

  it('takes what is not quite :bye for text', async () => {
    await using room = await open(2)
    const lines = [':byebye', ':bye bye', ' :bye', ':bye ', 'say :bye', '::bye']

    await room.clients[0].says(lines.map((line) => `${line}\n`).join(''))

    for (const client of room.clients) expect(await client.hearsNext(lines.length)).toEqual(lines)
  })

  it('lets somebody back in who has left', async () => {
    await using room = await open(1)
    const { clients } = room
    for (let round = 0; round < 3; round += 1) {
      await using again = await join(room.address)
      await clients[0].hears(`here I am, ${again.name}`)
      await again.says(':bye\n')
      expect(await clients[0].hears()).toBe(`* ${again.name} left (bye)`)
    }
  })

  it('tells once of a client that has sent its last byte, after its last words, which it still hears', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients

    await ana.says('and one more th')
    await ana.connection.closeWrite()

    expect(await rui.hearsNext(2)).toEqual(['and one more th', `* ${ana.name} left`])
    expect(await ana.hearsNext(2)).toEqual(['and one more th', undefined])
    expect(await rui.hearsNothingElse()).toBe(undefined)
  })

  it('tells once of a client that breaks off, and goes on', async () => {
    await using room = await open(3)
    const [ana, rui, eva] = room.clients

    ana.connection.abort()

    for (const client of [rui, eva]) expect(await client.hears()).toBe(`* ${ana.name} left (connection lost)`)
    await rui.says('one\ntwo\n')
    for (const client of [rui, eva]) expect(await client.hearsNext(2)).toEqual(['one', 'two'])
  })

  it('bears many who come and go while two talk', async () => {
    await using room = await open(2)
    const { clients } = room
    const passing = Array.from({ length: 15 }, async (_, at) => {
      const connection = await connect(room.address)
      if (at % 3 === 0) return connection.abort()
      if (at % 3 === 1) await connection.sendAll(':bye\n')
      await connection.close()
    })

    for (let number = 0; number < 50; number += 1) {
      await clients[0].says(`${number}\n`)
      await clients[1].hears(`${number}`)
    }
    await Promise.all(passing)

    await clients[1].says('alone again\n')
    expect(await clients[0].hears('alone again')).toBe('alone again')
  })

  it('takes a line of 64 KiB', async () => {
    await using room = await open(2)
    const { clients } = room
    const longest = 'ç'.repeat(32 * 1024)

    await clients[0].says(`${longest}\r\n`)

    for (const client of clients) expect(await client.hears()).toBe(longest)
  })

  it('refuses a line of 1 MiB with a sentence, and the others go on', async () => {
    await using room = await open(3)
    const [ana, rui, eva] = room.clients

    const sending = ana.says(`${'x'.repeat(1 << 20)}\n`).catch(() => undefined) // it is cut off before all is sent
    expect(await ana.hears()).toContain('a line has at most 65536 bytes')
    await sending

    await rui.hears(`* ${ana.name} left (line without an end)`)
    await rui.says('still here\n')
    expect(await eva.hears('still here')).toBe('still here')
  })

  it('cuts off a client that does not read, and nobody else waits', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients
    const stuck = nodeConnect(room.address).pause()
    let isCut = false
    stuck
      .on('error', () => {})
      .on('close', () => {
        isCut = true
      })
    stuck.write('I shall not read\n')
    await until('it is connected', () => stuck.localPort !== undefined)
    const news = `* 127.0.0.1:${stuck.localPort} left (too slow)`
    for (const client of room.clients) await client.hears('I shall not read')

    // 16 MiB: more than any system holds back for a client that does not read. (A window, so that Ana reads as well.)
    const filling = 'x'.repeat(60_000)
    const left = [0, 0]
    for (let number = 0; number < 280; number += 1) {
      await ana.says(`${number} ${filling}\n`)
      for (const [who, client] of [ana, rui].entries()) {
        let line = await client.hears()
        if (line === news) {
          left[who] = (left[who] ?? 0) + 1
          line = await client.hears()
        }
        expect(line?.slice(0, 8)).toBe(`${number} ${filling}`.slice(0, 8))
      }
    }

    expect(left).toEqual([1, 1])
    stuck.resume()
    await until('the stuck client hears of it', () => isCut)
  })

  it('relays nothing that a terminal would obey, nor what only the room may say', async () => {
    await using room = await open(2)

    await room.clients[0].says(Buffer.concat(hostile.flatMap(([said]) => [Buffer.from(said), Buffer.from('\n')])))

    const heard = hostile.map(([, line]) => line)
    for (const client of room.clients) expect(await client.hearsNext(heard.length)).toEqual(heard)
  })

  it('lets three netcats talk', async (context) => {
    const nc = requiresProgram(context, 'nc')
    await using room = await open(0)
    const { host, port } = room.address
    await using ana = startProgram([nc, host, `${port}`])
    ana.type('oi, aqui é a Ana\n')
    await ana.says('oi, aqui é a Ana\n')
    await using rui = startProgram([nc, host, `${port}`])
    rui.type('oi, Ana\n')
    await ana.says('oi, Ana\n')
    await using eva = startProgram([nc, host, `${port}`])
    eva.type('oi!\n')
    for (const each of [ana, rui, eva]) await each.says('oi!\n')

    rui.type(':bye\n')

    for (const each of [ana, eva]) await each.says(/\* 127\.0\.0\.1:\d+ left \(bye\)\n/)
    expect(rui.stdout).toBe('oi, Ana\noi!\n')
  })

  it('serves thirty, in one order for each speaker', async () => {
    await using room = await open(30)
    const { clients } = room

    await clients[0].says('can everybody hear me?\n')

    for (const client of clients) expect(await client.hears('can everybody hear me?')).toBe('can everybody hear me?')
  })
})
