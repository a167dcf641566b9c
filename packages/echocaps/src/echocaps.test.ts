import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Address, type Connection, connect, type Listener, listen } from '@fund/net-core'
import { readAll, startProgram } from '@fund/net-core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { echocapsAtOnce, echocapsInTurn, echocapsOnce } from './echocaps.ts'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

describe('echocaps', () => {
  it('sends capitals back before the next line, and before the end of this one', async () => {
    await using server = await serving(echocapsAtOnce)
    await using client = await connect(server.address)

    for (const piece of ['oi\n', 'ação\r\n', 'no line end', ' here', '\n', '\n']) {
      await client.sendAll(piece)
      expect(await hears(client, Buffer.byteLength(piece))).toBe(piece.toUpperCase())
    }
  })

  it('gives a letter its capital that comes in two pieces', async () => {
    await using server = await serving(echocapsAtOnce)
    await using client = await connect(server.address)
    const text = 'coração 🎉\n'
    const line = Buffer.from(text)

    for (let cut = 1; cut < line.length; cut += 1) {
      await client.sendAll(line.subarray(0, cut))
      await pause(2)
      await client.sendAll(line.subarray(cut))
      expect(await hears(client, line.length)).toBe(text.toUpperCase())
    }
  })

  it('finds the letters in a long text, wherever its chunks are cut', async () => {
    await using server = await serving(echocapsAtOnce)
    await using client = await connect(server.address)
    // One byte, then two for each letter: every even chunk border lies in the middle of one.
    const text = `a${'é'.repeat(500_000)}`
    const sending = client.sendAll(text).then(() => client.closeWrite())

    const received = (await readAll(client)).toString()
    await sending

    expect(received === text.toUpperCase()).toBe(true)
  })

  it('sends the beginning of a letter back as it came when the client ends there', async () => {
    await using server = await serving(echocapsAtOnce)
    await using client = await connect(server.address)

    await client.sendAll(Buffer.from([0x61, 0xf0, 0x9f, 0x8e]))
    await client.closeWrite()

    expect(await readAll(client)).toEqual(Buffer.from([0x41, 0xf0, 0x9f, 0x8e]))
  })

  it('gives the same stream, however it is cut', async () => {
    await using server = await serving(echocapsAtOnce)
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', 'Z', '\n', 'ç', 'ß', '日', 'ა', '𐐨', '🎉'), maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
        async (text, sizes) => {
          await using client = await connect(server.address)
          const bytes = Buffer.from(text)
          let at = 0
          for (const size of sizes) {
            await client.sendAll(bytes.subarray(at, at + size))
            at += size
            await pause(1)
          }
          await client.sendAll(bytes.subarray(at))
          await client.closeWrite()
          expect((await readAll(client)).toString()).toBe(text.toUpperCase())
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('echocapsOnce', () => {
  it('serves one client and ends', async () => {
    await using listener = await listen({ port: 0 })
    const done = echocapsOnce(listener)
    await using client = await connect(listener.address)
    await client.sendAll('oi')
    await client.closeWrite()

    expect((await readAll(client)).toString()).toBe('OI')
    await client.close()
    await done
  })
})

describe('echocapsInTurn', () => {
  it('lets the second client wait until the first has left, or has broken off', async () => {
    await using server = await serving(echocapsInTurn)
    const first = await connect(server.address)
    await using second = await connect(server.address)
    await second.sendAll('may I?\n')
    await first.sendAll('oi\n')
    expect(await hears(first, 3)).toBe('OI\n')
    await expect(second.recv(100, { timeout: 50 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })

    first.abort()

    expect(await hears(second, 7)).toBe('MAY I?\n')
  })
})

describe('echocapsAtOnce', () => {
  it('holds back a letter of each client apart', async () => {
    await using server = await serving(echocapsAtOnce)
    await using ana = await connect(server.address)
    await using rui = await connect(server.address)
    const [c, e] = [Buffer.from('ç'), Buffer.from('é')]

    await ana.sendAll(Buffer.concat([Buffer.from('a'), c.subarray(0, 1)]))
    await rui.sendAll(Buffer.concat([Buffer.from('r'), e.subarray(0, 1)]))
    expect([await hears(ana, 1), await hears(rui, 1)]).toEqual(['A', 'R'])
    await ana.sendAll(c.subarray(1))
    await rui.sendAll(e.subarray(1))

    expect([await hears(ana, 2), await hears(rui, 2)]).toEqual(['Ç', 'É'])
  })

  it('serves the others when one breaks off', async () => {
    await using server = await serving(echocapsAtOnce)
    await using other = await connect(server.address)
    for (let round = 0; round < 10; round += 1) {
      const client = await connect(server.address)
      await client.sendAll('x'.repeat(round * 50_000))
      client.abort()

      await other.sendAll('still here\n')
      expect(await hears(other, 11)).toBe('STILL HERE\n')
    }
  })
})

describe('fund-echocaps', () => {
  it('sends capitals back, and ends after one client with --serve once', async () => {
    await using program = startProgram([process.execPath, bin, '0', '--serve', 'once'], { env: { FUND_LANG: 'en' } })
    const client = await connect(await program.listens())
    await client.sendAll('ação\n')
    expect(await hears(client, 7)).toBe('AÇÃO\n')

    await client.close()

    expect(await program.ends()).toBe(0)
    expect(program.stdout).toContain('Message: "ação\\n" (7 bytes)\n')
    expect(program.stdout).toContain('Sent: "AÇÃO\\n" (7 bytes)\n')
  })
})

interface Server extends AsyncDisposable {
  readonly address: Address
}

async function serving(serve: (listener: Listener) => Promise<void>): Promise<Server> {
  const listener = await listen({ port: 0 })
  const done = serve(listener)
  return {
    address: listener.address,
    async [Symbol.asyncDispose]() {
      await listener.shutdown({ deadline: 2_000 })
      await done
    },
  }
}

/** The next `count` bytes. */
async function hears(connection: Connection, count: number): Promise<string> {
  const chunks: Uint8Array[] = []
  for (let left = count; left > 0; ) {
    const chunk = await connection.recv(left)
    if (chunk === null) throw new Error(`EOF, ${left} bytes early`)
    chunks.push(chunk)
    left -= chunk.length
  }
  return Buffer.concat(chunks).toString()
}
