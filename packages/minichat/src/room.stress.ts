import assert from 'node:assert/strict'
import { connect as nodeConnect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Address } from '@fund/net-core'
import { networkNamespace, until } from '@fund/net-core/testing'
import { type ChatProcess, startChat } from './testing/chat-process.ts'
import { type Client, join } from './testing/client.ts'

/*
 * What takes too long for the tests, against the command itself: ten thousand who are silent while ten talk, a storm of two
 * thousand connections a second, a herd that comes back after a restart, a machine that vanishes. Run it with node; with a
 * word, only the parts whose name has it.
 */

const parts: Record<string, () => Promise<string>> = {
  'ten thousand are silent, ten talk for a minute': tenThousand,
  'two thousand a second come and go': storm,
  'ten thousand come back after a restart': herd,
  'a machine vanishes': vanish,
}

/** Ten thousand silent sockets, of whose lines only the count is kept. */
class Crowd {
  readonly sockets: Socket[] = []
  readonly lines: number[] = []

  async grow(address: Address, count: number): Promise<void> {
    const waiting = Array.from({ length: count }, (_, at) => at)
    const enter = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await this.#enter(address)
    }
    await Promise.all(Array.from({ length: 50 }, enter))
  }

  end(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  #enter(address: Address): Promise<void> {
    return new Promise((resolve, reject) => {
      const at = this.sockets.length
      const socket = nodeConnect({ ...address, noDelay: true })
      this.sockets.push(socket)
      this.lines.push(0)
      socket.on('data', (chunk: Buffer) => {
        let count = 0
        for (let found = chunk.indexOf(10); found !== -1; found = chunk.indexOf(10, found + 1)) count += 1
        this.lines[at] = (this.lines[at] ?? 0) + count
      })
      socket.once('connect', resolve)
      socket.once('error', reject)
      socket.on('error', () => undefined)
    })
  }
}

async function counter(url: string, name: string): Promise<number> {
  const page = await (await fetch(url)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1])
}

/** A room of tasks with its page of counters. */
async function open(...args: string[]): Promise<{ chat: ChatProcess; metrics: string }> {
  const chat = await startChat(['--model', 'tasks', '--metrics', '0', ...args])
  await chat.program.says('/metrics')
  return { chat, metrics: /http:\S+/.exec(chat.program.stdout)?.[0] ?? '' }
}

async function tenThousand(): Promise<string> {
  const { chat, metrics } = await open('--flood', 'off')
  await using _ = chat
  const crowd = new Crowd()
  await crowd.grow(chat.address, 10_000)
  await until('all are in', async () => (await counter(metrics, 'minichat_clients')) === 10_000, 30_000)
  const talkers = await Promise.all(Array.from({ length: 10 }, () => join(chat.address)))
  await pause(1_000)
  const before = [...crowd.lines]

  const latencies: number[] = []
  const seconds = 60
  await Promise.all(talkers.map((client, who) => converse(client, who, seconds, talkers.length, latencies)))

  const said = talkers.length * seconds
  const hasAll = (): boolean => crowd.lines.every((lines, at) => lines - (before[at] ?? 0) === said)
  await until('nothing is missing', hasAll, 10_000)
  const rss = (await counter(metrics, 'process_resident_memory_bytes')) / 2 ** 20
  latencies.sort((a, b) => a - b)
  const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0
  crowd.end()
  assert.ok(p99 < 250, `p99 is ${p99} ms`)
  assert.ok(rss < 200, `RSS is ${rss} MiB`)
  return `${said * 10_000} deliveries, none missing, p99 ${p99.toFixed(0)} ms, RSS ${rss.toFixed(0)} MiB`
}

/** Says a line a second, and hears what the others say, each speaker's in order. */
async function converse(client: Client, who: number, seconds: number, talkers: number, latencies: number[]) {
  const hearing = (async (): Promise<void> => {
    const next = Array.from({ length: talkers }, () => 0)
    for (let heard = 0; heard < talkers * seconds; ) {
      const [mark, speaker, number, at] = (await client.hears())?.split(' ') ?? []
      if (mark !== 'line') continue
      heard += 1
      assert.equal(Number(number), next[Number(speaker)], 'a line is missing, or out of order')
      next[Number(speaker)] = Number(number) + 1
      latencies.push(performance.now() - Number(at))
    }
  })()
  await pause(who * 100)
  for (let number = 0; number < seconds; number += 1) {
    await client.says(`line ${who} ${number} ${performance.now()}\n`)
    await pause(1_000)
  }
  await hearing
}

async function storm(): Promise<string> {
  const { chat, metrics } = await open()
  await using _ = chat
  const ana = await join(chat.address)
  const rss = (): Promise<number> => counter(metrics, 'process_resident_memory_bytes')
  const storming = async (seconds: number): Promise<number> => {
    let count = 0
    const end = performance.now() + seconds * 1_000
    while (performance.now() < end) {
      for (let at = 0; at < 20; at += 1) {
        const socket = nodeConnect(chat.address)
        socket.on('error', () => undefined)
        socket.once('connect', () => (at % 2 === 0 ? socket.end() : socket.resetAndDestroy()))
        count += 1
      }
      await pause(10)
    }
    await until('they have gone', async () => (await counter(metrics, 'minichat_clients')) === 1, 20_000)
    return count
  }
  await storming(10) // what V8 takes for itself, it takes once
  const before = await rss()

  const count = await storming(10)

  await pause(2_000)
  const grown = (await rss()) / before - 1
  await ana.says('the storm is over\n')
  let lines = 0
  let sums = 0
  for (let line = await ana.hears(); line !== 'the storm is over'; line = await ana.hears()) {
    lines += 1
    if (/^\* \d+ left$/.test(line ?? '')) sums += 1
  }
  await ana.connection.close()
  assert.ok(grown < 0.1, `RSS has grown by ${(grown * 100).toFixed(0)} %`)
  assert.ok(lines < 100 && sums > 5, `${lines} lines, ${sums} of them sums`)
  return `${count} in 10 s, RSS ${(grown * 100).toFixed(1)} %, told in ${lines} lines`
}

async function herd(): Promise<string> {
  const first = await open()
  const crowd = new Crowd()
  await crowd.grow(first.chat.address, 10_000)
  await first.chat[Symbol.asyncDispose]()
  crowd.end()
  const again = await startChat(['--model', 'tasks'])
  await using _ = again
  const returning = new Crowd()
  const started = performance.now()

  // Each at a moment of its own, as the farewell tells them.
  const steps = Array.from({ length: 50 }, async (_unused, step) => {
    await pause(step * 100)
    await returning.grow(again.address, 200)
  })
  await Promise.all(steps)

  const seconds = (performance.now() - started) / 1_000
  returning.end()
  assert.ok(seconds < 30, `it took ${seconds} s`)
  return `all back after ${seconds.toFixed(1)} s`
}

async function vanish(): Promise<string> {
  const context = {
    skip: (note?: string): never => {
      throw new Error(note)
    },
  }
  await using host = await networkNamespace(context)
  const chat = await startChat(['--model', 'tasks', '--host', '0.0.0.0'])
  await using _ = chat
  const address = { host: '127.0.0.1', port: chat.address.port }
  await using ana = await join(address)
  await using lost = host.run(['nc', host.ours, `${address.port}`])
  lost.type('I am about to vanish\n')
  await ana.hears('I am about to vanish')
  const started = performance.now()

  await using cut = host.run(['ip', 'link', 'set', 'fund', 'down'])
  await cut.ends()

  const line = await ana.hears()
  const seconds = (performance.now() - started) / 1_000
  assert.match(line ?? '', /^\* \S+ left \(connection lost\)$/)
  assert.ok(seconds < 90, `it took ${seconds} s`)
  return `noticed after ${seconds.toFixed(0)} s`
}

const wanted = process.argv[2] ?? ''
for (const [name, part] of Object.entries(parts)) {
  if (name.includes(wanted)) console.log(`${name}: ${await part()}`)
}
process.exit(0)
