import { readdir } from 'node:fs/promises'
import { connect as nodeConnect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Address, type Connection, connect, listen } from '@fund/net-core'
import {
  bytes,
  connectSoon,
  freePort,
  lacking,
  type ProgramProcess,
  readAll,
  scarceThreads,
  startProgram,
  until,
  untilSteady,
} from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
/** The hundred of the default are in hundred.stress.ts: starting a thread takes some 40 ms of a processor. */
const MANY = 25
const MANY_MS = 60_000

function start(...args: string[]): ProgramProcess {
  return startProgram([process.execPath, bin, 'echo', ...args], { env: { FUND_LANG: 'en', NO_COLOR: '1' } })
}

describe('fund-threads echo', () => {
  it('serves the second while the first says nothing, and tells it', async () => {
    await using program = start('0')
    const address = await program.listens()
    await using silent = await connect(address)
    await using talker = await connect(address)

    expect(await says(talker, 'still here\n')).toBe('still here\n')
    expect(await says(silent, 'me too\n')).toBe('me too\n')

    await until('both are told', () => program.stdout.includes('me too'))
    expect(program.stdout).toContain(`Waiting for connections on 127.0.0.1:${address.port}\n`)
    expect(program.stdout).toContain(`Connection from 127.0.0.1:${talker.local.port}\n`)
    // Two lines that follow each other in one thread may have another thread's between them.
    for (const told of ['Message from', 'Sent to']) {
      expect(program.stdout).toContain(`${told} 127.0.0.1:${talker.local.port}: "still here\\n" (11 bytes)\n`)
    }
  })

  it.each([
    ['an empty line, which is not EOF', Buffer.from('\n')],
    ['bytes that are not UTF-8', Buffer.of(0xff, 0xfe, 0xc3, 0x28, 0x00)],
    ['two megabytes', bytes(2 << 20)],
  ])('sends back %s, and then its own FIN', async (_, message) => {
    await using program = start('0', '--quiet')
    const address = await program.listens()
    await using client = await connect(address)
    const sending = client.sendAll(message).then(() => client.closeWrite())

    expect((await readAll(client)).equals(message)).toBe(true)
    await sending
    expect(program.stdout).toBe(`Waiting for connections on 127.0.0.1:${address.port}\n`)
  })

  it('lets clients break off, in the middle of a recv and of a sendAll, and serves the others', async () => {
    await using program = start('0', '--quiet', '--limit', '3')
    const address = await program.listens()
    await using other = await connect(address)
    const receiving = await connect(address)
    expect(await says(other, 'oi\n')).toBe('oi\n')
    expect(await says(receiving, 'oi\n')).toBe('oi\n')
    const sending = await neverReading(address)

    receiving.abort()
    sending.reset()

    for (const line of ['one\n', 'two\n']) await admitted(address, line) // their threads have ended
    expect(await says(other, 'unharmed\n')).toBe('unharmed\n')
    expect(program.stderr).toBe('')
  })

  it('refuses who is one too many, in a sentence, and lets in again when somebody has left', async () => {
    await using program = start('0', '--limit', '2')
    const address = await program.listens()
    await using first = await connect(address)
    await using second = await connect(address)
    expect(await says(first, 'one\n')).toBe('one\n')
    expect(await says(second, 'two\n')).toBe('two\n')

    await using third = await connect(address)
    expect(String(await readAll(third))).toBe('Sorry, there is no room: at most 2 at a time. Try again later.\n')
    await third.close()

    expect(await says(first, 'unharmed\n')).toBe('unharmed\n')
    await second.close()
    await admitted(address, 'in?\n')
  })

  it('is not held up by those it refuses, though they do not go', async () => {
    await using program = start('0', '--quiet', '--limit', '1')
    const address = await program.listens()
    await using first = await connect(address)
    expect(await says(first, 'one\n')).toBe('one\n')

    const refused = await Promise.all(Array.from({ length: 12 }, () => connect(address)))
    const heard = await Promise.all(refused.map(async (client) => String(await client.recv())))

    expect(new Set(heard)).toEqual(new Set(['Sorry, there is no room: at most 1 at a time. Try again later.\n']))
    for (const client of refused) client.abort()
  })

  it('refuses who comes when the system has no thread left, and serves the others', async () => {
    const env = { FUND_LANG: 'en', NO_COLOR: '1', ...scarceThreads(3) } // the loop of accept has one of them
    await using program = startProgram([process.execPath, bin, 'echo', '0', '--quiet'], { env })
    const address = await program.listens()
    await using first = await connect(address)
    await using second = await connect(address)
    expect(await says(first, 'one\n')).toBe('one\n')
    expect(await says(second, 'two\n')).toBe('two\n')

    for (let count = 0; count < 3; count += 1) {
      await using late = await connect(address)
      expect(String(await readAll(late))).toContain('Sorry, there is no room')
    }

    expect(await says(first, 'unharmed\n')).toBe('unharmed\n')
    program.signal('SIGINT')
    expect(await first.recv()).toBe(null)
    expect(await second.recv()).toBe(null)
    await Promise.all([first.close(), second.close()])
    expect(await program.ends()).toBe(0)
    expect(program.stderr).not.toContain('    at ')
  })

  it('speaks Portuguese to who is one too many, when it was told to', async () => {
    await using program = start('0', '--limit', '1', '--lang', 'pt')
    const address = await program.listens()
    await using first = await connect(address)
    expect(await says(first, 'um\n')).toBe('um\n')

    await using second = await connect(address)

    expect(String(await readAll(second))).toMatch(/^Desculpe, não há lugar: no máximo 1 de cada vez\./)
  })

  it(
    'serves as many as it may, each in a thread of its own, refuses the next, and ends at once at two Ctrl-C',
    async (context) => {
      if (process.platform !== 'linux') lacking(context, 'counts threads in /proc')
      await using program = start('0', '--quiet', '--limit', `${MANY}`)
      const address = await program.listens()
      const before = await threadsOf(program)
      const clients = await Promise.all(Array.from({ length: MANY }, () => connect(address)))
      const heard = await Promise.all(clients.map((client, number) => says(client, `client ${number}\n`)))
      expect(heard).toEqual(clients.map((_, number) => `client ${number}\n`))
      expect((await threadsOf(program)) - before).toBeGreaterThanOrEqual(MANY)

      await using late = await connect(address)
      expect(String(await readAll(late))).toContain(`Sorry, there is no room: at most ${MANY} at a time.`)

      const again = await Promise.all(clients.map((client, number) => says(client, `again ${number}\n`)))
      expect(again).toEqual(clients.map((_, number) => `again ${number}\n`))
      program.signal('SIGINT')
      program.signal('SIGTERM')
      expect(await program.ends(20_000)).toBe(130)
      for (const client of clients) client.abort()
    },
    MANY_MS,
  )
})

describe('fund-threads echo, its address', () => {
  it('says in one sentence that the port is taken, and a command that works', async () => {
    await using listener = await listen({ port: 0 })
    const { port } = listener.address
    await using program = start(`${port}`)

    expect(await program.ends()).toBe(1)
    const lines = program.stderr.split('\n')
    expect(lines[0]).toBe(`Cannot listen on 127.0.0.1:${port}: another program is already listening there (EADDRINUSE)`)
    expect(lines[2]).toMatch(/^This one is free: .*bin\.ts echo \d+$/)
    expect(program.stderr).not.toContain('    at ')
  })

  it.each(['abc', '-1', '70000', ''])('refuses the port %j with a sentence and code 2', async (port) => {
    await using program = start(port)

    expect(await program.ends()).toBe(2)
    expect(program.stderr).toContain(`Cannot use "${port}" as a port: it is a whole number from 0 to 65535\nUsage:`)
    expect(program.stdout).toBe('')
  })
})

describe('fund-threads echo, its end', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 0 at %s when nobody is there', async (signal) => {
    await using program = start('0')
    await program.listens()

    program.signal(signal)

    expect(await program.ends()).toBe(0)
    expect(program.stdout).toContain('No more connections on 127.0.0.1:')
    expect(program.stderr).toBe('')
  })

  it('gives clients that say nothing their EOF, tells it, and ends with 0', async () => {
    await using program = start('0')
    const address = await program.listens()
    await using first = await connect(address)
    await using second = await connect(address)
    expect(await says(first, 'oi\n')).toBe('oi\n')
    expect(await says(second, 'oi\n')).toBe('oi\n')

    program.signal('SIGTERM')

    expect(await first.recv()).toBe(null)
    expect(await second.recv()).toBe(null)
    await Promise.all([first.close(), second.close()])
    expect(await program.ends()).toBe(0)
    expect(program.stderr).toBe('Stopping: 2 connections have 5 s to finish. Once more to stop at once.\n')
    for (const { local } of [first, second]) {
      expect(program.stdout).toContain(`Connection with 127.0.0.1:${local.port} closed\n`)
    }
  })

  it('lets a message that is under way come through whole', async () => {
    await using program = start('0', '--quiet')
    await using client = await connect(await program.listens())
    const message = bytes(8 << 20)
    const sending = client.sendAll(message).then(() => client.closeWrite())
    const begun = Buffer.from((await client.recv()) ?? [])

    program.signal('SIGTERM')

    expect(Buffer.concat([begun, await readAll(client)]).equals(message)).toBe(true)
    await sending
    expect(await program.ends()).toBe(0)
  })

  it('waits no longer than 5 s for a client that never reads', async () => {
    await using program = start('0', '--quiet')
    const stuck = await neverReading(await program.listens())
    const started = performance.now()

    program.signal('SIGINT')

    expect(await program.ends()).toBe(0)
    expect(performance.now() - started).toBeGreaterThan(4_000)
    stuck.reset()
  }, 30_000)

  it('ends with 130 at the second Ctrl-C', async () => {
    await using program = start('0', '--quiet')
    const stuck = await neverReading(await program.listens())
    program.signal('SIGINT')
    await until('it says what it waits for', () => program.stderr.includes('Once more to stop at once'))

    program.signal('SIGINT')

    expect(await program.ends()).toBe(130)
    stuck.reset()
  })

  it.each(['| head -0', '>&-', '| (sleep 9)'])('serves on with its stdout given to %j', async (elsewhere) => {
    const port = await freePort()
    const pipeline = `"${process.execPath}" "${bin}" echo ${port} ${elsewhere}`
    await using program = startProgram(['sh', '-c', pipeline], { env: { FUND_LANG: 'en' } })

    for (let round = 0; round < 10; round += 1) {
      await using client = await connectSoon(port)
      const message = Buffer.from(`still here, round ${round}\n`.repeat(400))
      const sending = client.sendAll(message).then(() => client.closeWrite())
      expect((await readAll(client)).equals(message)).toBe(true)
      await sending
    }
    expect(program.stderr).toBe('')
  })
})

/** Sends a line, and gives what comes back. */
async function says(client: Connection, line: string): Promise<string> {
  await client.sendAll(line)
  let heard = ''
  while (heard.length < line.length) {
    const chunk = await client.recv()
    if (chunk === null) break
    heard += chunk
  }
  return heard
}

/** How many threads a program has: the system's word, which counts those that node keeps for itself, too. */
async function threadsOf(program: ProgramProcess): Promise<number> {
  return (await readdir(`/proc/${program.pid}/task`)).length
}

/** Tries until somebody has left: who is one too many hears a refusal, and not what it said. Stays connected. */
async function admitted(address: Address, line: string): Promise<void> {
  await until('there is room again', async () => {
    const client = await connect(address)
    if ((await says(client, line)) === line) return true
    await client.close()
    return false
  })
}

/** A client that reads nothing, and has sent until the server can take no more. */
async function neverReading(address: Address): Promise<{ reset(): void }> {
  const socket = nodeConnect({ ...address, allowHalfOpen: true })
  socket.on('error', () => socket.destroy()) // the server may reset it
  socket.write('oi\n')
  await until('it is served', () => socket.read() !== null)
  const block = Buffer.alloc(1 << 20, 'x')
  const measure = (): number => {
    if (socket.writableLength === 0) socket.write(block)
    return socket.bytesWritten
  }
  await untilSteady('the server takes no more', measure, 500)
  return { reset: () => socket.resetAndDestroy() }
}
