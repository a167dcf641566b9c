import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Address, type Connection, connect, type Listener, listen } from '@fund/net-core'
import { subscribe } from '@fund/net-core/events'
import { bytes, readAll, startProgram, until, untilSteady } from '@fund/net-core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { echoAtOnce, echoInTurn, echoOnce } from './echo.ts'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
const starter = fileURLToPath(new URL('../starter/echo.ts', import.meta.url))
const everyByte = Uint8Array.from({ length: 256 }, (_, at) => at)

describe('echo', () => {
  it('sends a line back before the next one', async () => {
    await using server = await serving(echoAtOnce)
    await using client = await connect(server.address)

    for (let number = 0; number < 20; number += 1) {
      await client.sendAll(`line ${number}\n`)
      expect(await hears(client, `line ${number}\n`.length)).toBe(`line ${number}\n`)
    }
  })

  it.each([
    ['an empty line, which is not EOF', '\n'],
    ['CRLF as it is', 'a\r\nb\n\r\r\n'],
    ['what ends in no line end', 'abc'],
    ['letters of any alphabet', 'ação 🎉 日本 ß\n'],
    ['every value a byte can have', everyByte],
    ['bytes that are not UTF-8', Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0x00)],
  ])('sends back %s', async (_, message) => {
    await using server = await serving(echoAtOnce)
    await using client = await connect(server.address)
    const sent = Buffer.from(message as string)

    await client.sendAll(sent)

    expect(await hearsBytes(client, sent.length)).toEqual(sent)
    await client.sendAll('still here\n')
    expect(await hears(client, 11)).toBe('still here\n')
  })

  it('says nothing by itself', async () => {
    await using server = await serving(echoAtOnce)
    await using client = await connect(server.address)
    await pause(30)

    await client.sendAll('first\n')

    expect(await hears(client, 6)).toBe('first\n')
  })

  it('sends all of it back, then its own FIN, to a client that has ended', async () => {
    await using server = await serving(echoAtOnce)
    await using client = await connect(server.address)
    const message = bytes(300_000)

    const sending = client.sendAll(message).then(() => client.closeWrite())
    const received = await readAll(client)
    await sending

    expect(received.equals(message)).toBe(true)
  })

  it('sends nothing back for nothing', async () => {
    await using server = await serving(echoAtOnce)
    await using client = await connect(server.address)

    await client.closeWrite()

    expect(await client.recv()).toBe(null)
  })

  it.each([1 << 20, 24 << 20])('waits for a client that reads late, and loses nothing (%i bytes)', async (length) => {
    await using server = await serving(echoAtOnce)
    await using client = await connect(server.address)
    const message = bytes(length)
    const sending = client.sendAll(message).then(() => client.closeWrite())
    await untilSteady('nothing moves any more', () => client.queued)
    const isWaiting = client.queued > 0

    const received = await readAll(client)
    await sending

    expect(received.equals(message)).toBe(true)
    if (length > 16 << 20) expect(isWaiting).toBe(true) // no system holds that much for a client that does not read
  })

  it('sends back what comes one byte at a time', async () => {
    await using server = await serving(echoAtOnce)
    await using client = await connect(server.address)
    const message = Buffer.from('um a um, até o fim: ção\n')

    for (const byte of message) {
      await client.sendAll(Uint8Array.of(byte))
      expect(await hearsBytes(client, 1)).toEqual(Buffer.of(byte))
    }
  })

  it('receives no more bytes at a time than it is told', async () => {
    const sizes: number[] = []
    const stop = subscribe(({ op, n = 0 }) => op === 'recv' && sizes.push(n))
    await using server = await serving((listener) => echoAtOnce(listener, 1))
    await using client = await connect(server.address)

    await client.sendAll('three')
    await until('all of it has been received', () => sizes.length === 5)
    stop()

    expect(sizes).toEqual([1, 1, 1, 1, 1])
    expect(await hears(client, 5)).toBe('three')
  })

  it('gives the same stream, however it is cut and read', async () => {
    await using server = await serving(echoAtOnce)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 10_000 }), { maxLength: 8 }),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 1, max: 8192 }),
        async (pieces, pauses, max) => {
          await using client = await connect(server.address)
          const sending = (async () => {
            for (const [at, piece] of pieces.entries()) {
              await client.sendAll(piece)
              if (pauses[at]) await pause(1)
            }
            await client.closeWrite()
          })()
          const received = await readAll(client, max)
          await sending
          expect(received.equals(Buffer.concat(pieces))).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('echoOnce', () => {
  it('serves one client and ends; the listener still listens', async () => {
    const listener = await listen({ port: 0 })
    const serving = echoOnce(listener)
    await using client = await connect(listener.address)
    await client.sendAll('oi\n')
    await client.closeWrite()

    expect((await readAll(client)).toString()).toBe('oi\n')
    await client.close()

    await serving
    expect(listener.isClosed).toBe(false)
    await listener.close()
  })

  it('fails when its client breaks off', async () => {
    await using listener = await listen({ port: 0 })
    const serving = echoOnce(listener)
    const client = await connect(listener.address)
    await client.sendAll('oi\n')
    await client.recv()

    client.abort()

    await expect(serving).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('echoInTurn', () => {
  it('lets the second client wait until the first has left', async () => {
    await using server = await serving(echoInTurn)
    await using first = await connect(server.address)
    await using second = await connect(server.address)
    await second.sendAll('may I?\n')

    for (let round = 0; round < 10; round += 1) {
      await first.sendAll('oi\n')
      expect(await hears(first, 3)).toBe('oi\n')
    }
    await expect(second.recv(100, { timeout: 50 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    expect(server.listener.stats).toMatchObject({ accepted: 1, waiting: 1 })
    await first.close()

    expect(await hears(second, 7)).toBe('may I?\n')
  })

  it('goes on with the next client when one breaks off', async () => {
    await using server = await serving(echoInTurn)
    for (let round = 0; round < 5; round += 1) {
      const client = await connect(server.address)
      await client.sendAll('oi\n')
      expect(await hears(client, 3)).toBe('oi\n')
      client.abort()
    }
    await using last = await connect(server.address)

    await last.sendAll('still here\n')

    expect(await hears(last, 11)).toBe('still here\n')
  })
})

describe('echoAtOnce', () => {
  it('answers the second client while the first says nothing', async () => {
    await using server = await serving(echoAtOnce)
    await using _silent = await connect(server.address)
    await using talker = await connect(server.address)

    await talker.sendAll('still here\n')

    expect(await hears(talker, 11)).toBe('still here\n')
  })

  it('answers others while one reads nothing', async () => {
    await using server = await serving(echoAtOnce)
    const stuck = await connect(server.address)
    const sending = stuck.sendAll(Buffer.alloc(24 << 20)).catch((error: unknown) => error)
    await untilSteady('nothing moves any more', () => stuck.queued)
    await using talker = await connect(server.address)

    await talker.sendAll('still here\n')

    expect(await hears(talker, 11)).toBe('still here\n')
    stuck.abort()
    await sending
  })

  it('serves the others when one breaks off, at whatever moment', async () => {
    await using server = await serving(echoAtOnce)
    await using other = await connect(server.address)
    for (let round = 0; round < 40; round += 1) {
      const client = await connect(server.address)
      if (round % 4 > 0) await client.sendAll(bytes(round * 10_000 + 1))
      if (round % 4 === 2) await client.recv()
      if (round % 4 === 3) await pause(1)
      client.abort()

      await other.sendAll('still here\n')
      expect(await hears(other, 11)).toBe('still here\n')
    }
    await until('all the others are gone', () => server.listener.stats.active === 1)
  })

  it('gives fifty clients their own lines', async () => {
    await using server = await serving(echoAtOnce)
    await Promise.all(
      Array.from({ length: 50 }, async (_, who) => {
        await using client = await connect(server.address)
        for (let number = 0; number < 10; number += 1) {
          const line = `${who} says ${number}\n`
          await client.sendAll(line)
          expect(await hears(client, line.length)).toBe(line)
        }
      }),
    )
  })
})

describe('fund-echo, whom it serves', () => {
  it('ends after one client with --serve once', async () => {
    await using program = startProgram([process.execPath, bin, '0', '--serve', 'once'], { env: { FUND_LANG: 'en' } })
    const client = await connect(await program.listens())
    await client.sendAll('\n')
    expect(await hears(client, 1)).toBe('\n')

    await client.close()

    expect(await program.ends()).toBe(0)
    expect(program.stdout).toContain('Message: "\\n" (1 byte)\n')
    expect(program.stdout).toContain('Message: "" (0 bytes)')
  })

  it('lets the second wait with --serve in-turn', async () => {
    await using program = startProgram([process.execPath, bin, '0', '--serve', 'in-turn'], { env: { FUND_LANG: 'en' } })
    const address = await program.listens()
    const first = await connect(address)
    await using second = await connect(address)
    await second.sendAll('may I?\n')
    await first.sendAll('oi\n')
    expect(await hears(first, 3)).toBe('oi\n')
    await expect(second.recv(100, { timeout: 50 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })

    await first.close()

    expect(await hears(second, 7)).toBe('may I?\n')
  })

  it('receives bytes one by one with --recv 1', async () => {
    await using program = startProgram([process.execPath, bin, '0', '--recv', '1'], { env: { FUND_LANG: 'en' } })
    await using client = await connect(await program.listens())

    await client.sendAll('é\n')

    expect(await hears(client, 3)).toBe('é\n')
    await program.says(
      /Message: "\\xc3" \(1 byte\)\n[\s\S]*Message: "\\xa9" \(1 byte\)\n[\s\S]*Message: "\\n" \(1 byte\)/i,
    )
  })
})

describe('starter/echo.ts', () => {
  it('runs alone, serves one client and ends', async () => {
    await using program = startProgram([process.execPath, starter, '0'])
    const client = await connect(await program.listens())
    await client.sendAll('oi\n')
    expect(await hears(client, 3)).toBe('oi\n')

    await client.close()

    expect(await program.ends()).toBe(0)
    expect(program.stdout).toContain('Message: "oi\\n" (3 bytes)\n')
    expect(program.stderr).toBe('')
  })
})

interface Server extends AsyncDisposable {
  readonly listener: Listener
  readonly address: Address
}

async function serving(serve: (listener: Listener) => Promise<void>): Promise<Server> {
  const listener = await listen({ port: 0 })
  const done = serve(listener)
  return {
    listener,
    address: listener.address,
    async [Symbol.asyncDispose]() {
      await listener.shutdown({ deadline: 2_000 })
      await done
    },
  }
}

/** The next `count` bytes. */
async function hearsBytes(connection: Connection, count: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (let left = count; left > 0; ) {
    const chunk = await connection.recv(left)
    if (chunk === null) throw new Error(`EOF, ${left} bytes early`)
    chunks.push(chunk)
    left -= chunk.length
  }
  return Buffer.concat(chunks)
}

async function hears(connection: Connection, count: number): Promise<string> {
  return (await hearsBytes(connection, count)).toString()
}
