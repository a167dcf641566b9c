import { connect } from '@fund/net-core'
import { type ProgramProcess, requiresProgram, scarceThreads, startProgram, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { messages } from './messages.ts'
import { bin, startChat } from './testing/chat-process.ts'
import { Client } from './testing/client.ts'

function run(...args: string[]): ProgramProcess {
  return startProgram([process.execPath, bin, ...args], { env: { FUND_LANG: 'en', NO_COLOR: '1' } })
}

describe('fund-minichat', () => {
  it('holds a thread for each client, unless something is asked for that only tasks have', async () => {
    await using threads = await startChat([])
    await using names = await startChat(['--names'])
    await using one = new Client(await connect(threads.address))
    await using other = new Client(await connect(names.address))

    await one.says('oi\n')

    expect(await one.hears()).toBe('oi')
    expect(await other.hears()).toContain('you are guest1')
  })

  it.each(['threads', 'tasks'])('ends with 0 at SIGTERM, within 5 s, with clients in the room (%s)', async (model) => {
    await using chat = await startChat(['--model', model], 3)
    const started = performance.now()

    chat.program.signal('SIGTERM')

    const heard = await Promise.all(chat.clients.map((client) => client.hearsRest()))
    expect(await chat.program.ends()).toBe(0)
    expect(performance.now() - started).toBeLessThan(5_000)
    for (const lines of heard) expect(lines.filter((line) => line.includes('left'))).toEqual([])
    const farewell = /^\* the server stops, and what was said here ends with it\. Come back in \d\.\d s$/
    for (const lines of heard) {
      if (model === 'tasks') expect(lines).toEqual([expect.stringMatching(farewell)])
      else expect(lines).toEqual([])
    }
    expect(chat.program.stderr).toBe('Stopping: 3 connections have 5 s to finish. Once more to stop at once.\n')
  })

  it.each(['threads', 'tasks'])('ends with 130 at the second SIGINT, at once (%s)', async (model) => {
    await using chat = await startChat(['--model', model], 1)
    const stuck = await connect(chat.address)
    await stuck.sendAll('I shall not read\n')
    await chat.clients[0].hears('I shall not read')
    for (let number = 0; number < 90; number += 1) {
      await chat.clients[0].says(`${'x'.repeat(60_000)}\n`)
      await chat.clients[0].hears()
    }
    chat.program.signal('SIGINT')
    await until('it says what it waits for', () => chat.program.stderr.includes('Once more'))

    chat.program.signal('SIGINT')

    // 0 if nothing was left to wait for; that comes after 5 s where the second SIGINT does nothing
    expect([0, 130]).toContain(await chat.program.ends(4_500))
    stuck.abort()
  })

  it('refuses the client beyond its threads, and says which room is larger', async () => {
    await using chat = await startChat(['--threads', '2'], 2)
    await using third = new Client(await connect(chat.address))

    expect(await third.hearsRest()).toEqual([`* ${messages.noThread.en.replace('{count}', '2')}`])
    await chat.clients[0].says(':bye\n')
    await chat.clients[1].hears(`* ${chat.clients[0].name} left (bye)`)
    await chat.clients[0].connection.close()
    await until('there is a thread for the next', async () => {
      await using next = new Client(await connect(chat.address))
      await next.says('at last\n').catch(() => undefined) // it may be refused once more
      return (await next.hears().catch(() => undefined)) === 'at last'
    })
  })

  it('refuses who comes when the system has no thread left, and the room goes on', async () => {
    await using chat = await startChat(['--model', 'threads'], 2, scarceThreads(3)) // the loop of accept has one of them

    for (let count = 0; count < 3; count += 1) {
      await using late = new Client(await connect(chat.address))
      expect(await late.hearsRest()).toEqual([`* ${messages.noThread.en.replace('{count}', '2')}`])
    }

    await chat.clients[0].says('unharmed\n')
    expect(await chat.clients[1].hears('unharmed')).toBe('unharmed')
    expect(chat.program.stderr).toBe('')
  })

  it('shows its counters where --metrics says, to this machine alone', async () => {
    await using program = run('0', '--host', '0.0.0.0', '--metrics', '0', '--lang', 'en')
    const { port } = await program.listens()
    await program.says(/Counters at http:\S+\/metrics\n/)
    const url = /Counters at (\S+)/.exec(program.stdout)?.[1] ?? ''
    await using ana = new Client(await connect({ port }))
    await ana.says('oi\n')
    await ana.hears('oi')

    expect(url).toContain('//127.0.0.1:')
    expect(await (await fetch(url)).text()).toContain('\nminichat_lines_heard_total 1\n')
  })

  it('speaks the language of the environment', async () => {
    await using chat = await startChat([], 1, { FUND_LANG: 'pt_BR.UTF-8' })
    const rui = await chat.enter()

    await rui.says(':bye\n')

    expect(await chat.clients[0].hears()).toBe(`* ${rui.name} saiu (tchau)`)
  })

  it('lets netcats of other makes talk', async (context) => {
    const telnet = requiresProgram(context, 'telnet')
    await using chat = await startChat(['--model', 'tasks'], 1)
    await using client = startProgram([telnet, chat.address.host, `${chat.address.port}`])
    await client.says('Escape character')

    client.type('oi de telnet\n:bye\n')

    expect(await chat.clients[0].hears()).toBe('oi de telnet')
    expect(await chat.clients[0].hears()).toMatch(/ left \(bye\)$/)
  })
})

describe('messages', () => {
  it('say everything in both languages, with the same values', () => {
    for (const { en, pt } of Object.values(messages)) {
      expect([en.trim(), pt.trim()]).not.toContain('')
      const values = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
      expect(values(pt)).toEqual(values(en))
    }
  })
})
