import { connect as nodeConnect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Address, type Connection, connect, formatAddress, type LineReader, listen } from '@fund/net-core'
import { subscribe } from '@fund/net-core/events'
import { until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { minichat } from './minichat.ts'

describe('minichat', () => {
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

  it('keeps the order of each speaker, and lines whole, when all speak at once', async () => {
    await using room = await open(5)
    const count = 200
    const speaking = room.clients.map(async (client, who) => {
      for (let number = 0; number < count; number += 1) await client.says(`${who} ${number} ${'x'.repeat(number)}\n`)
    })

    for (const client of room.clients) {
      const next = room.clients.map(() => 0)
      for (let heard = 0; heard < count * room.clients.length; heard += 1) {
        const [who = '', number, filling = ''] = (await client.hears())?.split(' ') ?? []
        expect(Number(number)).toBe(next[Number(who)])
        expect(filling).toHaveLength(Number(number))
        next[Number(who)] = Number(number) + 1
      }
    }
    await Promise.all(speaking)
  })

  it('gives who comes later the later lines only', async () => {
    await using room = await open(1)
    const [ana] = room.clients
    await ana.says('nobody is here yet\n')
    expect(await ana.hears()).toBe('nobody is here yet')

    const late = await room.enter()

    await ana.says('now there is\n')
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
    expect([await ana.hears(), await ana.hears()]).toEqual(['xyz', 'abcdef'])
  })

  it('keeps a character whole that comes in two pieces', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients
    const line = Buffer.from('coração ❤\n')

    for (let cut = 1; cut < line.length; cut += 1) {
      await ana.says(line.subarray(0, cut))
      await pause(1)
      await ana.says(line.subarray(cut))
      expect(await rui.hears()).toBe('coração ❤')
    }
  })

  it('serves fifty', async () => {
    await using room = await open(50)

    await room.clients[0].says('can everybody hear me?\n')

    for (const client of room.clients) expect(await client.hears()).toBe('can everybody hear me?')
  })
})

describe('minichat, who leaves', () => {
  it.each([
    ['LF', [':bye\n']],
    ['CRLF', [':bye\r\n']],
    ['four pieces', [':', 'by', 'e', '\n']],
    ['one piece with more behind it', [':bye\nnobody hears this\n']],
  ])('closes the connection at :bye (%s) and tells the others', async (_, pieces) => {
    await using room = await open(3)
    const [ana, rui, eva] = room.clients

    for (const piece of pieces) {
      await ana.says(piece)
      await pause(2)
    }

    expect(await ana.hears()).toBe(undefined)
    expect(await rui.hears()).toBe(`* ${ana.name} left`)
    expect(await eva.hears()).toBe(`* ${ana.name} left`)
    await rui.says('still here\n')
    expect([await rui.hears(), await eva.hears()]).toEqual(['still here', 'still here'])
  })

  it('hears what was said in one piece with :bye', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients

    await ana.says('oi\n:bye\n')

    expect([await rui.hears(), await rui.hears()]).toEqual(['oi', `* ${ana.name} left`])
    expect([await ana.hears(), await ana.hears()]).toEqual(['oi', undefined])
  })

  it.each([':byebye', ':bye bye', ' :bye', ':bye ', 'say :bye', ':BYE', '::bye'])('takes %j for text', async (line) => {
    await using room = await open(2)
    const [ana, rui] = room.clients

    await ana.says(`${line}\n`)

    expect([await ana.hears(), await rui.hears()]).toEqual([line, line])
  })

  it('tells once of a client that has sent its last byte, after its last words', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients

    await ana.says('and one more th')
    await ana.connection.closeWrite()

    expect([await rui.hears(), await rui.hears()]).toEqual(['and one more th', `* ${ana.name} left`])
    await expectSilence(rui)
  })

  it('tells once of a client that breaks off, and goes on', async () => {
    await using room = await open(3)
    const [ana, rui, eva] = room.clients

    ana.connection.abort()

    expect(await rui.hears()).toBe(`* ${ana.name} left`)
    await rui.says('one\ntwo\n')
    for (const client of [rui, eva]) {
      const lines = client === rui ? [] : [`* ${ana.name} left`]
      for (const line of [...lines, 'one', 'two']) expect(await client.hears()).toBe(line)
    }
  })

  it('bears many who come and go while two talk', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients
    const passing = Array.from({ length: 30 }, async (_, at) => {
      const connection = await connect(room.address)
      if (at % 3 === 0) return connection.abort()
      if (at % 3 === 1) await connection.sendAll(':bye\n')
      await connection.close()
    })

    for (let number = 0; number < 50; number += 1) {
      await ana.says(`${number}\n`)
      await rui.hears(`${number}`)
    }
    await Promise.all(passing)

    await rui.says('alone again\n')
    await ana.hears('alone again')
  })

  it('speaks the language it is given', async () => {
    await using room = await open(2, 'pt')
    const [ana, rui] = room.clients

    await ana.says(':bye\n')

    expect(await rui.hears()).toBe(`* ${ana.name} saiu`)
  })
})

describe('minichat, who behaves badly', () => {
  it('cuts off a client that does not read, and nobody else waits', async () => {
    await using room = await open(3)
    const [ana, rui, eva] = room.clients
    const stuck = nodeConnect(room.address).pause()
    let isCut = false
    stuck.on('error', () => {}).on('close', () => (isCut = true))
    stuck.write('I shall not read\n')
    const name = `127.0.0.1:${await localPort(stuck)}`
    for (const client of room.clients) expect(await client.hears()).toBe('I shall not read')

    // 48 MiB: more than any system holds back for a client that does not read. (A window, so that Ana reads as well.)
    const filling = 'x'.repeat(60_000)
    const left = [0, 0, 0]
    for (let number = 0; number < 800; number += 1) {
      await ana.says(`${number} ${filling}\n`)
      for (const [who, client] of [ana, rui, eva].entries()) {
        let line = await client.hears()
        if (line === `* ${name} left`) {
          left[who] = (left[who] ?? 0) + 1
          line = await client.hears()
        }
        expect(line?.slice(0, 8)).toBe(`${number} ${filling}`.slice(0, 8))
      }
    }

    expect(left).toEqual([1, 1, 1])
    stuck.resume()
    await until('the stuck client hears of it', () => isCut)
  })

  it('takes a line of 64 KiB, and sends away who sends a longer one', async () => {
    await using room = await open(2)
    const [ana, rui] = room.clients
    const longest = 'ç'.repeat(32 * 1024)
    await ana.says(`${longest}\r\n`)
    expect(await rui.hears()).toBe(longest)
    expect(await ana.hears()).toBe(longest)

    await ana.says(`one more\n${longest}!`)

    expect(await ana.hears()).toBe('one more')
    expect(await ana.hears()).toBe('* A line has at most 64 KiB. Bye.')
    expect(await ana.hears()).toBe(undefined)
    expect([await rui.hears(), await rui.hears()]).toEqual(['one more', `* ${ana.name} left`])
  })

  it('makes no flood of calls of a flood of lines', async () => {
    await using room = await open(10)
    const [ana, rui] = room.clients
    let sends = 0
    const stop = subscribe(({ op }) => {
      if (op === 'send') sends += 1
    })

    await ana.says('\n'.repeat(50_000))
    for (let heard = 0; heard < 50_000; heard += 1) expect(await rui.hears()).toBe('')
    stop()

    // One for each member and turn of the event loop, and not 500,000.
    expect(sends).toBeLessThan(1_000)
  })

  it.each([
    ['\x1b]52;c;cm0gLXJmIH4=\x07', '\ufffd]52;c;cm0gLXJmIH4=\ufffd'], // the clipboard
    ['\x1b[2J\x1b[H* 127.0.0.1:1 left', '\ufffd[2J\ufffd[H* 127.0.0.1:1 left'], // an empty screen
    ['\x1bP$qm\x1b\\', '\ufffdP$qm\ufffd\\'], // a question to the terminal, which it types
    ['all well\rnothing well', 'all well\ufffdnothing well'],
    ['\0\x08\x0b\x0c\x0e\x1f\x7f', '\ufffd'.repeat(7)],
    ['\u0080\u009b31m\u009f', '\ufffd\ufffd31m\ufffd'], // C1, in UTF-8
    [Buffer.from([0x9b, 0x33, 0x31, 0x6d]), '\ufffd31m'], // C1, as bare bytes
    ['\u202eabc\u2066def\u2069', '\ufffdabc\ufffddef\ufffd'],
    ['one\u2028two\u2029', 'one\ufffdtwo\ufffd'],
    ['a\tção 日本 🎉\u00a0\u00ad', 'a\tção 日本 🎉\u00a0\u00ad'],
  ])('relays %j without what a terminal would obey', async (said, heard) => {
    await using room = await open(2)
    const [ana, rui] = room.clients

    await ana.says(Buffer.concat([Buffer.from(said), Buffer.from('\n')]))

    expect([await ana.hears(), await rui.hears()]).toEqual([heard, heard])
  })
})

/** A client of the room that says and hears lines. */
class Client {
  readonly connection: Connection
  readonly #lines: LineReader

  constructor(connection: Connection) {
    this.connection = connection
    this.#lines = connection.lines({ maxBytes: 1 << 20 })
  }

  get name(): string {
    return formatAddress(this.connection.local)
  }

  async says(data: string | Uint8Array): Promise<void> {
    await this.connection.sendAll(data)
  }

  /** The next line, or, given one, waits until that one comes; `undefined` when there will be none. */
  async hears(wanted?: string): Promise<string | undefined> {
    while (true) {
      const { value, done } = await this.#lines.next()
      if (done || wanted === undefined || value === wanted) return value
    }
  }
}

interface Room extends AsyncDisposable {
  readonly address: Address
  /** At least as many as it was opened with. */
  readonly clients: [Client, Client, Client, ...Client[]]
  /** One more, who is in the room when this resolves; everybody has heard so. */
  readonly enter: () => Promise<Client>
}

async function open(count: number, language?: 'en' | 'pt'): Promise<Room> {
  const listener = await listen({ port: 0 })
  const serving = minichat(listener, language)
  const clients = [] as unknown as Room['clients']
  const enter = async (): Promise<Client> => {
    const client = new Client(await connect(listener.address))
    clients.push(client)
    await client.says(`here I am, ${client.name}\n`)
    for (const each of clients) expect(await each.hears()).toBe(`here I am, ${client.name}`)
    return client
  }
  while (clients.length < count) await enter()
  return {
    address: listener.address,
    clients,
    enter,
    async [Symbol.asyncDispose]() {
      for (const { connection } of clients) connection.abort()
      await listener.shutdown({ deadline: 2_000 })
      await serving
    },
  }
}

/** Says something, and hears it next: nothing came in between. */
async function expectSilence(client: Client): Promise<void> {
  await client.says('is it quiet?\n')
  expect(await client.hears()).toBe('is it quiet?')
}

async function localPort(socket: ReturnType<typeof nodeConnect>): Promise<number> {
  await until('it is connected', () => socket.localPort !== undefined)
  return socket.localPort as number
}
