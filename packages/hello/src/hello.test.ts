import { type Address, connect, type NetError } from '@fund/net-core'
import { type NetEvent, subscribe } from '@fund/net-core/events'
import { readAll } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { hello } from './hello.ts'
import { hello2 } from './hello2.ts'

const GREETING = 'Hello, World!\n'

const programs: [string, (address: Address) => Promise<unknown>][] = [
  ['hello', hello],
  ['hello2', hello2],
]

describe.each(programs)('%s', (_, program) => {
  it('greets a client that says nothing, and closes both sockets', async () => {
    const { address, done } = await start(program)
    await using client = await connect(address)

    expect(String(await readAll(client))).toBe(GREETING)

    await client.close()
    await done
    await expectClosed(address)
  })

  it('waits for a client, however late', async () => {
    const { address, done } = await start(program)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await using client = await connect(address)

    expect(String(await readAll(client))).toBe(GREETING)
    await client.close()
    await done
  })

  it.each([30, 300_000])('gives the whole greeting to a client that talks first (%i bytes)', async (length) => {
    for (let round = 0; round < 20; round += 1) {
      const { address, done } = await start(program)
      await using client = await connect(address)
      const talking = client.sendAll(Buffer.alloc(length, 'x')).catch(expectGone)

      expect(String(await readAll(client))).toBe(GREETING)
      await talking
      await client.close()
      await done
    }
  })

  it('bears a client that never closes', async () => {
    const { address, done } = await start(program)
    await using client = await connect(address)

    await done

    expect(String(await readAll(client))).toBe(GREETING)
    await expectClosed(address)
  })

  it.each(['at once', 'with the greeting unread', 'after the greeting'])(
    'comes to its end when the client breaks off %s',
    async (moment) => {
      const { address, done } = await start(program)
      const client = await connect(address)
      if (moment === 'with the greeting unread') await new Promise((resolve) => setTimeout(resolve, 20))
      if (moment === 'after the greeting') await client.recv()

      client.abort()

      // A greeting that cannot be sent is a failure of the system's, and the caller hears of it.
      await done.catch(expectGone)
    },
  )
})

describe('hello', () => {
  it("gives the client's address", async () => {
    const { address, done } = await start(hello)
    await using client = await connect(address)

    await client.close()

    expect(await done).toEqual(client.local)
  })

  it('makes its calls in the order of the text', async () => {
    const events: NetEvent[] = []
    const stop = subscribe((event) => events.push(event))
    const { address, done } = await start(hello)
    await using client = await connect(address)
    await readAll(client)
    await client.close()
    await done
    stop()

    const own = events.filter(({ conn }) => conn !== client.id)
    expect(own.map(({ op, conn }) => `${op} ${conn === 0 ? 'listener' : 'connection'}`)).toEqual([
      'socket listener',
      'bind listener',
      'listen listener',
      'wait listener',
      'accept connection',
      'send connection',
      'fin connection',
      'close connection',
      'close listener',
    ])
  })
})

describe('hello2', () => {
  it('closes the listener also when the greeting fails', async () => {
    const { address, done } = await start(hello2)
    const client = await connect(address)

    client.abort()

    await done.catch(expectGone)
    await expectClosed(address)
  })
})

/** Runs a program on a free port; resolves when it listens. */
async function start<Result>(
  program: (address: Address) => Promise<Result>,
): Promise<{ address: Address; done: Promise<Result> }> {
  const listening = new Promise<Address>((resolve) => {
    const stop = subscribe(({ op, local = '' }) => {
      if (op !== 'listen') return
      stop()
      resolve({ host: '127.0.0.1', port: Number(local.split(':')[1]) })
    })
  })
  const done = program({ host: '127.0.0.1', port: 0 })
  done.catch(() => {}) // looked at later
  return { address: await listening, done }
}

function expectGone(error: unknown): void {
  expect((error as NetError).code).toMatch(/^(ECONNRESET|EPIPE)$/)
}

async function expectClosed(address: Address): Promise<void> {
  await expect(connect(address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
}
