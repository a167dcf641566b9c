import { setTimeout as pause } from 'node:timers/promises'
import { type Connection, connect } from '@fund/net-core'
import { until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { readAnswers } from '../testing/answers.ts'
import { readToEnd } from '../testing/exchange.ts'
import { type Limits, limitsOf } from './limits.ts'
import { type Handler, Response } from './message.ts'
import { type Server, serve } from './server.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

describe('limitsOf', () => {
  it('takes what is asked, and the defaults', () => {
    expect(limitsOf({ headMs: 1 })).toMatchObject({ headMs: 1, idleMs: 5000, headBytes: 16_384, stallMs: 30_000 })
    expect(() => limitsOf({ fields: -1 })).toThrow(RangeError)
    expect(() => limitsOf({ fields: Number.NaN })).toThrow(RangeError)
  })
})

describe.concurrent('limits on size', () => {
  it.each<[string, Partial<Limits>, string, number]>([
    ['a target', { targetBytes: 10 }, 'GET /1234567890 HTTP/1.1\r\nHost: a\r\n\r\n', 414],
    ['a head', { headBytes: 50 }, `GET / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(50)}\r\n\r\n`, 431],
    ['fields', { fields: 2 }, 'GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n', 431],
    ['a body', { bodyBytes: 2 }, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc', 413],
    [
      'a chunked body',
      { bodyBytes: 2 },
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
      413,
    ],
    [
      'a chunk’s line',
      { lineBytes: 5 },
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=bcd\r\n',
      400,
    ],
    [
      'trailer fields',
      { trailerBytes: 5 },
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: bcd\r\n\r\n',
      400,
    ],
  ])('refuses too much of %s', async (_, limits, request, status) => {
    await using server = await open(limits)
    await using client = await connect(server.address)
    await client.sendAll(request)

    expect(await lastOf(client)).toEqual([status, 'close'])
  })

  it('refuses one connection too many, until another has gone', async () => {
    await using server = await open({ connections: 2 })
    const first = await connect(server.address)
    await using second = await connect(server.address)
    await until('both are there', () => server.connections === 2)
    await using third = await connect(server.address)
    expect(await lastOf(third)).toEqual([503, 'close'])

    await first.close()
    await until('one is gone', () => server.connections === 1)
    await using fourth = await connect(server.address)
    await fourth.sendAll(GET)
    expect(String(await fourth.recv())).toContain('200 OK')
    expect(second.isClosed).toBe(false)
  })
})

describe.concurrent('limits on connections', () => {
  it('count one whose last answer is still on its way', async () => {
    await using server = await open({ connections: 1 }, () => new Response(Buffer.alloc(32 << 20)))
    const first = await connect(server.address)
    await first.sendAll('GET / HTTP/1.0\r\n\r\n')
    await first.recv()
    await using second = await connect(server.address)
    expect(await lastOf(second)).toEqual([503, 'close'])

    first.abort()
    await until('it is gone', () => server.connections === 0)
  })
})

describe.concurrent('limits on time', () => {
  it('a head has a deadline, however often a byte of it comes', async () => {
    await using server = await open({ headMs: 1500 })
    await using client = await connect(server.address)
    await client.sendAll('GET / HTTP/1.1\r\nHost: a\r\n')
    const stop = drip(client, 'A: b\r\n')

    expect(await lastOf(client)).toEqual([408, 'close'])
    stop()
  })

  it('a second head has one of its own', async () => {
    await using server = await open({ headMs: 1000 })
    await using client = await connect(server.address)
    await client.sendAll(`${GET}GET / HTTP/1.1\r\n`)

    expect(readAnswers(await readToEnd(client)).answers.map(({ status }) => status)).toEqual([200, 408])
  })

  it('an idle connection is closed without a word', async () => {
    await using server = await open({ idleMs: 1000 })
    await using fresh = await connect(server.address)
    await using used = await connect(server.address)
    await used.sendAll(GET)
    const [[answer]] = [readAnswers(Buffer.from((await used.recv()) ?? [])).answers]
    expect(answer?.fields.connection).toBe(undefined)

    expect(await used.recv()).toBe(null)
    expect(await fresh.recv()).toBe(null)
  })

  it('an idle connection cannot be kept by empty lines', async () => {
    await using server = await open({ idleMs: 1000 })
    await using client = await connect(server.address)
    const stop = drip(client, '\r\n')

    expect(await client.recv()).toBe(null)
    stop()
  })

  it('a connection that is used lives on', async () => {
    await using server = await open({ idleMs: 4000 })
    await using client = await connect(server.address)
    for (let round = 0; round < 12; round += 1) {
      await client.sendAll(GET)
      expect(String(await client.recv())).toContain('200 OK')
      await pause(500)
    }
  })

  it('a body has a least rate, for whoever reads it', async () => {
    await using server = await open(
      { bodyRate: 1000, bodyGraceMs: 1000 },
      async (request) => new Response(await request.text()),
    )
    await using client = await connect(server.address)
    await client.sendAll('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n')
    const stop = drip(client, 'a')

    expect(await lastOf(client)).toEqual([408, 'close'])
    stop()
  })

  it('a handler that takes its time is not the client’s fault', async () => {
    await using server = await open(
      { bodyRate: 1000, bodyGraceMs: 0, headMs: 100, idleMs: 100, stallMs: 100 },
      async (request) => {
        await pause(3000)
        return new Response(await request.text())
      },
    )
    await using client = await connect(server.address)
    await client.sendAll('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc')

    expect(String(await client.recv())).toContain('\r\n\r\nabc')
  })

  it.each(['keep-alive', 'close'])('a client that takes nothing of its answer loses it (%s)', async (connection) => {
    await using server = await open({ stallMs: 1000 }, () => new Response(Buffer.alloc(32 << 20)))
    const client = await connect(server.address)
    await client.sendAll(`GET / HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`)
    await until('it is being answered', () => server.connections === 1)
    await until('it is gone', () => server.connections === 0)

    const read = readToEnd(client).then(({ length }) => length)
    await expect(read).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('a client that takes its answer slowly gets it', async () => {
    const bytes = 24 << 20
    await using server = await open({ stallMs: 1500 }, () => new Response(Buffer.alloc(bytes)))
    await using client = await connect(server.address)
    await client.sendAll('GET / HTTP/1.0\r\n\r\n')
    let read = 0
    for (let chunk = await client.recv(1 << 20); chunk; chunk = await client.recv(1 << 20)) {
      read += chunk.length
      if (read < 4 << 20) await pause(40)
    }
    expect(read).toBeGreaterThan(bytes)
  })
})

async function open(
  limits: Partial<Limits>,
  handler: Handler = async (request) => new Response(await request.text()),
): Promise<Server> {
  return serve(handler, { limits })
}

/** The status of the last answer before the server closes, and what it says of the connection. */
async function lastOf(client: Connection): Promise<unknown> {
  const { answers } = readAnswers(await readToEnd(client))
  return [answers.at(-1)?.status, answers.at(-1)?.fields.connection]
}

/** Sends a little, again and again. */
function drip(client: Connection, piece: string): () => void {
  const timer = setInterval(() => client.trySend(piece), 100)
  return () => clearInterval(timer)
}
