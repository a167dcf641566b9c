import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type Address, NetError } from '@fund/net-core'
import { until } from '@fund/net-core/testing'
import { type ChatProcess, startChat } from '../testing/chat-process.ts'
import { Listening } from '../testing/listening.ts'
import { RedisServer } from '../testing/redis-server.ts'

/*
 * What takes too long for the tests, with real servers and a real broker: two servers restarted one after the other while
 * everybody talks, and a server that stands still for 20 s. Run it with node.
 */

const context = {
  skip: (note?: string): never => {
    throw new Error(note)
  },
}

/** Somebody who talks all the time, and who, sent away, comes back with the token: to the server that runs. */
class Regular implements AsyncDisposable {
  readonly nick: string
  /** What was heard, over all its connections. */
  readonly heard: string[] = []
  returns = 0
  #client: Listening
  #said = 0
  #isOver = false
  readonly #task: Promise<void>

  static async enter(nick: string, where: () => Address): Promise<Regular> {
    const client = await Listening.at(where())
    await client.says(`:nick ${nick}`)
    await until('it has its nick', () => client.hasHeard(`is now ${nick}`))
    return new Regular(nick, client, where)
  }

  private constructor(nick: string, client: Listening, where: () => Address) {
    this.nick = nick
    this.#client = client
    this.#task = this.#talk(where)
  }

  /** Stops to talk, and gives all that was heard. */
  async stop(): Promise<string[]> {
    this.#isOver = true
    await this.#task
    return this.lines
  }

  get lines(): string[] {
    return [...this.heard, ...this.#client.lines]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
  }

  async #talk(where: () => Address): Promise<void> {
    while (!this.#isOver) {
      if (this.#client.isOver) await this.#comeBack(where)
      this.#said += 1
      await this.#client.says(`${this.nick} ${this.#said}`).catch(ignoreClosed)
      await pause(10)
    }
  }

  async #comeBack(where: () => Address): Promise<void> {
    const token = this.#client.lines.at(-1) ?? ''
    assert.match(token, /^:back /)
    this.heard.push(...this.#client.lines)
    this.#client = await Listening.at(where())
    await this.#client.says(token)
    await until('it is back', () => this.#client.hasHeard('this is what you missed'), 10_000)
    this.returns += 1
  }
}

/** The server may have told it to leave just now. */
function ignoreClosed(error: unknown): void {
  if (!(error instanceof NetError)) throw error
}

/** Both servers are replaced, one after the other, twice, while three talk at 100 lines a second each. */
async function rollingRestart(): Promise<void> {
  await using redis = await RedisServer.start(context)
  const start = (): Promise<ChatProcess> => startChat(['--bus', redis.url, '--names', '--flood', 'off'])
  const servers = [await start(), await start()] as [ChatProcess, ChatProcess]
  let at = 0
  const where = (): Address => (servers[at] as ChatProcess).address
  await using ana = await Regular.enter('ana', where)
  await using rui = await Regular.enter('rui', where)
  at = 1
  await using eva = await Regular.enter('eva', where)
  const everybody = [ana, rui, eva]
  await pause(1_000)
  for (let round = 0; round < 4; round += 1) {
    const which = round % 2
    const old = servers[which] as ChatProcess
    servers[which] = await start() // the new one is there before the old one leaves
    at = 1 - which
    old.program.signal('SIGTERM')
    assert.equal(await old.program.ends(), 0)
    await pause(1_000)
  }
  for (const each of everybody) await each.stop()
  await pause(1_000)
  const talk = everybody.map(({ lines }) => lines.filter((line) => line.startsWith('<')))
  // Eva came last; from her first line on all three heard the same, each line once.
  const from = (lines: string[]): string[] => lines.slice(lines.indexOf('<eva> eva 1'))
  const [first = [], ...others] = talk.map(from)
  for (const other of others) assert.deepEqual(other, first)
  assert.equal(new Set(first).size, first.length)
  for (const { nick } of everybody) {
    const numbers = first.filter((line) => line.startsWith(`<${nick}> `)).map((line) => Number(line.split(' ').at(-1)))
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
  }
  const news = eva.lines.filter((line) => /^\* (ana|rui|eva) (left|joined|is back)/.test(line))
  assert.deepEqual(news, [])
  const returns = everybody.reduce((sum, each) => sum + each.returns, 0)
  console.log(`4 restarts, ${returns} returns: ${first.length} lines heard by three, once each, in one order`)
  for (const server of servers) await server[Symbol.asyncDispose]()
}

/** A server stands still for 20 s: the others hear that its users left, then that they are back; it has missed nothing. */
async function serverStandsStill(): Promise<void> {
  await using redis = await RedisServer.start(context)
  await using here = await startChat(['--bus', redis.url, '--names', '--flood', 'off'])
  await using there = await startChat(['--bus', redis.url, '--names', '--flood', 'off'])
  await using ana = await Listening.at(here.address)
  await ana.says(':nick ana')
  await using rui = await Listening.at(there.address)
  await rui.says(':nick rui')
  await until('both know each other', () => ana.hasHeard('is now rui') && rui.hasHeard('is now rui'))
  await pause(6_000)

  const start = performance.now()
  here.program.signal('SIGSTOP')
  let said = 0
  let leftAfter = 0
  while (performance.now() - start < 22_000) {
    said += 1
    await rui.says(`rui ${said}`)
    if (leftAfter === 0 && rui.notices.some((line) => /ana/.test(line) && /left|gone/.test(line))) {
      leftAfter = performance.now() - start
    }
    await pause(10)
  }
  here.program.signal('SIGCONT')
  await until('Ana has heard all', () => ana.linesOf('<rui> rui').length === said, 15_000)
  await until('Rui hears that she is back', () => rui.notices.some((line) => /ana.*back/.test(line)), 15_000)

  assert.deepEqual(
    ana.linesOf('<rui> rui'),
    Array.from({ length: said }, (_, index) => index + 1),
  )
  assert.ok(leftAfter > 9_000 && leftAfter < 21_000, `left after ${leftAfter} ms`)
  console.log(
    `a server stopped for 22 s: left after ${(leftAfter / 1_000).toFixed(1)} s, back, and ${said} lines caught up in order`,
  )
}

const parts = { rollingRestart, serverStandsStill }
const asked = process.argv.slice(2)
for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part()
