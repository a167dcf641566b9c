import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { type Connection, connect } from '@fund/net-core'
import { lacking, until } from '@fund/net-core/testing'
import { describe, expect, it, vi } from 'vitest'
import { type ReceivedAnswer, readAnswers } from '../testing/answers.ts'
import { readToEnd } from '../testing/exchange.ts'
import { Headers } from './headers.ts'
import { HttpError } from './http-error.ts'
import { type Handler, type Request, Response } from './message.ts'
import { type ServeOptions, type Server, serve } from './server.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

describe('serve, requests', () => {
  it('gives the handler what the client said', async () => {
    let seen: unknown[] = []
    const answer = await ask((request) => {
      const { method, url, target, version, ip, headers } = request
      seen = [method, url, target, version, ip, headers.get('X-A'), headers.get('cookie'), headers.has('host')]
      return new Response()
    }, 'PUT /a/b?c=d HTTP/1.1\r\nHost: Example.org:81\r\nx-a: 1\r\nX-A: 2\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n')

    expect(seen).toEqual([
      'PUT',
      'http://example.org:81/a/b?c=d',
      '/a/b?c=d',
      '1.1',
      '127.0.0.1',
      '1, 2',
      'a=b; c=d',
      true,
    ])
    expect(answer.status).toBe(200)
  })

  it.each([
    ['/a/./b', 'http://a/a/b'],
    ['/a/../b', 'http://a/b'],
    ['/%2e%2e/b', 'http://a/b'],
    ['/a.b/c..d', 'http://a/a.b/c..d'],
    ['/a\\b', 'http://a/a/b'],
    ['/a"b', 'http://a/a%22b'],
    ['/ol%C3%A1', 'http://a/ol%C3%A1'],
    ['//b/c', 'http://a//b/c'],
    ['http://B:80/c', 'http://b/c'],
    ['/', 'http://a/'],
    ['/?', 'http://a/?'],
  ])('writes the url of %s as the standard does', async (target, url) => {
    const answer = await ask(
      (request) => new Response(request.url),
      `GET ${target} HTTP/1.1\r\nHost: ${target.startsWith('/') ? 'a' : 'x'}\r\n\r\n`,
    )

    expect(answer.body.toString()).toBe(url)
    if (target.startsWith('/')) expect(url).toBe(new URL(`http://a${target}`).href)
  })

  it.each(['a%20b', '1.2.3.4.5', 'a:99999', '[::::]'])(
    'takes its own address where no url has the host %s',
    async (host) => {
      const answer = await ask((request) => new Response(request.url), `GET /a?b HTTP/1.1\r\nHost: ${host}\r\n\r\n`)

      expect(answer.body.toString()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/a\?b$/)
    },
  )

  it.each([
    'a.b',
    'a.b:8080',
    'a1.b',
    '1.2.3.4',
    '0x7f.1',
    'a:080',
    'a:80',
    'a:',
    '[::1]:81',
    'A.b',
    'a..b',
    'xn--maana-pta.com',
  ])('writes the host %s as the standard does', async (host) => {
    const answer = await ask((request) => new Response(request.url), `GET /c'd HTTP/1.1\r\nHost: ${host}\r\n\r\n`)

    expect(answer.body.toString()).toBe(new URL(`http://${host}/c'd`).href)
  })

  it('takes its own address for a host that the client does not name', async () => {
    const answer = await ask((request) => new Response(request.url), 'GET /a HTTP/1.0\r\n\r\n')

    expect(answer.body.toString()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/a$/)
  })

  it.each<[string, (request: Request) => Promise<unknown>, unknown]>([
    ['text', (request) => request.text(), '{"a":"é"}'],
    ['json', (request) => request.json(), { a: 'é' }],
    ['bytes', async (request) => Buffer.from(await request.bytes()).toString(), '{"a":"é"}'],
    ['arrayBuffer', async (request) => Buffer.from(await request.arrayBuffer()).toString(), '{"a":"é"}'],
    ['blob', async (request) => [(await request.blob()).type, await await request.clone().text()], undefined],
    ['body', async (request) => text(request.body as never), '{"a":"é"}'],
    ['clone', async (request) => [await request.clone().text(), await request.text()], ['{"a":"é"}', '{"a":"é"}']],
    ['toStandard', (request) => request.toStandard().text(), '{"a":"é"}'],
  ])('lets the body be read by %s', async (_, read, result) => {
    const body = '{"a":"é"}'
    for (const framed of [
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      `Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n5\r\n"é"}\r\n0\r\n\r\n`,
    ]) {
      let read1: unknown
      await ask(async (request) => {
        expect(request.bodyUsed).toBe(false)
        read1 = await read(request).catch((error: Error) => error.name)
        expect(request.bodyUsed).toBe(true)
        await expect(request.text()).rejects.toThrow(TypeError)
        return new Response()
      }, `POST / HTTP/1.1\r\nHost: a\r\n${framed}`)
      expect(read1).toEqual(result ?? 'TypeError')
    }
  })

  it('reads forms of both kinds', async () => {
    const handler = async (request: Request): Promise<Response> => {
      const form = await request.formData()
      return Response.json([form.get('a'), form.get('b') instanceof File ? await (form.get('b') as File).text() : null])
    }
    await using server = await open(handler)
    const multipart = new FormData()
    multipart.set('a', 'é')
    multipart.set('b', new File(['c'], 'd.txt'))

    const first = await fetch(server.url, { method: 'POST', body: new URLSearchParams({ a: 'é' }) })
    const second = await fetch(server.url, { method: 'POST', body: multipart })

    expect(await first.json()).toEqual(['é', null])
    expect(await second.json()).toEqual(['é', 'c'])
  })

  it('has no body where none came', async () => {
    const answer = await ask(async (request) => new Response(`${request.body} ${await request.text()}`), GET)

    expect(answer.body.toString()).toBe('null ')
  })

  it('gives the trailer fields when the body has been read', async () => {
    const answer = await ask(async (request) => {
      const before = request.trailers.get('x-sum')
      await request.text()
      return new Response(`${before} ${request.trailers.get('x-sum')} ${request.headers.get('x-sum')}`)
    }, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n')

    expect(answer.body.toString()).toBe('null 7 null')
  })

  it('says 100 when somebody reads the body, and only then', async () => {
    await using server = await open(async (request) => {
      if (request.target === '/back') return new Response(request.body)
      return new Response(request.target === '/' ? await request.text() : 'no')
    })
    const head = (target: string): string =>
      `POST ${target} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`

    await using reads = await connect(server.address)
    await reads.sendAll(head('/'))
    expect(String(await reads.recv())).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    await reads.sendAll('abc')
    expect(String(await reads.recv())).toContain('\r\n\r\nabc')

    await using back = await connect(server.address)
    await back.sendAll(head('/back'))
    expect(String(await back.recv())).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    await back.sendAll('abc')
    const [echoed] = readAnswers(await readToEnd(back)).answers
    expect([echoed?.status, echoed?.body.toString()]).toEqual([200, 'abc'])

    await using other = await connect(server.address)
    await other.sendAll(head('/other'))
    const [answer] = readAnswers(await readToEnd(other)).answers
    expect([answer?.status, answer?.fields.connection]).toEqual([200, 'close'])
  })

  it('holds a client back whose body is read slowly', async () => {
    const total = 64 << 20
    let read = 0
    let go = (): void => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    await using server = await open(async (request) => {
      await gate
      for await (const chunk of request.body ?? []) read += chunk.length
      return new Response(`${read}`)
    })
    await using client = await connect(server.address)
    await client.sendAll(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`)
    const sending = client.sendAll(Buffer.alloc(total))
    let queued = 0
    await until('nothing moves', async () => {
      const before = client.queued
      await pause(100)
      queued = client.queued
      return before === queued
    })
    expect(queued).toBeGreaterThan(total / 2) // it lies at the client

    go()
    await sending
    expect(String(await client.recv())).toContain(`\r\n\r\n${total}`)
  })

  it.each([
    ['little, and lives on', 1000, true],
    ['much, and closes so that the answer arrives', 8 << 20, false],
  ])('answers before it has read the body: %s', async (_, length, lives) => {
    await using server = await open(() => new Response('done'))
    await using client = await connect(server.address)
    await client.sendAll(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`)
    const sending = client.sendAll(Buffer.alloc(length)).catch(() => null)
    const head = String(await client.recv())
    await sending

    expect(head.includes('Connection: close')).toBe(!lives)
    if (lives) {
      await client.sendAll(GET)
      expect(String(await client.recv())).toContain('done')
    } else expect(await client.recv()).toBe(null)
  })

  it.each([
    ['a chunk that is broken', 'Transfer-Encoding: chunked', '1\r\na\r\nx\r\n'],
    ['another request in its data', 'Content-Length: 200000', `a${GET.repeat(5000)}`],
    [
      'more chunks than are worth reading',
      'Transfer-Encoding: chunked',
      `1\r\na\r\n${`400\r\n${'b'.repeat(1024)}\r\n`.repeat(200)}0\r\n\r\n${GET}`,
    ],
  ])('answers once when only the first bytes of a body are read, and behind them comes %s', async (_, head, body) => {
    await using server = await open(async (request) => {
      for await (const chunk of request.body ?? []) return new Response(`${chunk.length > 0}`)
      return new Response('none')
    })
    await using client = await connect(server.address)
    await client.sendAll(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n${body.slice(0, 4)}`)
    await until('it is answered', async () => String(await client.recv()).includes('true'))
    await client.sendAll(body.slice(4)).catch(() => null)
    await client.closeWrite()

    expect(String(await readToEnd(client))).toBe('')
  })

  it('reads the rest of a body of which only the beginning was wanted, and lives on', async () => {
    await using server = await open(async (request) => {
      for await (const _ of request.body ?? []) break
      return new Response(request.target)
    })
    await using client = await connect(server.address)
    await client.sendAll(`POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\nabc`)
    expect(String(await client.recv())).toContain('/1')
    await client.sendAll(`${'x'.repeat(39_997)}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect(String(await client.recv())).toContain('/2')
  })

  it('lets a 413 arrive at a client that goes on sending', async () => {
    await using server = await open((request) => request.text().then((body) => new Response(body)), {
      limits: { bodyBytes: 1000 },
    })
    for (const head of ['Content-Length: 16777216', 'Transfer-Encoding: chunked']) {
      await using client = await connect(server.address)
      await client.sendAll(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n1000000\r\n`)
      const sending = client.sendAll(Buffer.alloc(16 << 20)).catch(() => null)
      const [answer] = readAnswers(await readToEnd(client)).answers
      await sending
      expect([answer?.status, answer?.body.toString()]).toEqual([413, '413 Content Too Large\n'])
    }
  })

  it('tells the reader of a body that breaks off', async () => {
    let failure: unknown
    await using server = await open(async (request) => {
      await request.text().catch((error: unknown) => {
        failure = error
      })
      return new Response()
    })
    await using client = await connect(server.address)
    await client.sendAll('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
    await client.closeWrite()
    const [answer] = readAnswers(await readToEnd(client)).answers

    expect(answer?.status).toBe(400)
    await until('it is told', () => failure !== undefined)
    expect(failure).toBeInstanceOf(HttpError)
  })
})

describe('serve, answers', () => {
  it.each<[string, () => Response, string, string | undefined]>([
    ['a string', () => new Response('olá'), 'olá', 'text/plain;charset=UTF-8'],
    ['an empty string', () => new Response(''), '', 'text/plain;charset=UTF-8'],
    ['nothing', () => new Response(), '', undefined],
    ['null', () => new Response(null), '', undefined],
    ['a long string', () => new Response('é'.repeat(100_000)), 'é'.repeat(100_000), 'text/plain;charset=UTF-8'],
    ['a long ASCII string', () => new Response('a'.repeat(200_000)), 'a'.repeat(200_000), 'text/plain;charset=UTF-8'],
    ['bytes', () => new Response(Buffer.from('olá')), 'olá', undefined],
    ['many bytes', () => new Response(Buffer.alloc(3 << 20, 'a')), 'a'.repeat(3 << 20), undefined],
    ['a view of bytes', () => new Response(new Uint8Array(Buffer.from('-olá-')).subarray(1, 5)), 'olá', undefined],
    ['an ArrayBuffer', () => new Response(new Uint8Array([97, 98]).buffer), 'ab', undefined],
    [
      'URLSearchParams',
      () => new Response(new URLSearchParams({ a: 'é' })),
      'a=%C3%A9',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a Blob', () => new Response(new Blob(['olá'], { type: 'a/b' })), 'olá', 'a/b'],
    ['a ReadableStream', () => new Response(streamOf('o', 'l', 'á')), 'olá', undefined],
    ['an AsyncIterable', () => new Response(chunksOf('o', '', 'lá')), 'olá', undefined],
    [
      'a stream of long chunks',
      () => new Response(chunksOf('a'.repeat(100_000), 'b')),
      `${'a'.repeat(100_000)}b`,
      undefined,
    ],
    ['JSON', () => Response.json({ a: 'é' }), '{"a":"é"}', 'application/json'],
    ['the platform’s', () => new globalThis.Response('olá') as never, 'olá', 'text/plain;charset=UTF-8'],
    ['a type of its own', () => new Response('a', { headers: { 'content-type': 'a/b' } }), 'a', 'a/b'],
  ])('sends %s', async (_, make, body, type) => {
    for (const version of ['1.1', '1.0']) {
      const answer = await ask(make, `GET / HTTP/${version}\r\nHost: a\r\n\r\n`)

      expect(answer.body.toString()).toBe(body)
      expect(answer.fields['content-type']).toBe(type)
      expect(answer.fields.date).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
    }
  })

  it('sends a status, fields and a reason phrase', async () => {
    const headers = new Headers({ 'X-A': '1' })
    headers.append('Set-Cookie', 'a=b')
    headers.append('set-cookie', 'c=d')
    const answer = await ask(() => new Response('', { status: 299, statusText: 'Fine', headers }), GET)

    expect([answer.status, answer.reason, answer.fields['x-a']]).toEqual([299, 'Fine', '1'])
    expect(answer.fields['set-cookie']).toBe('a=b, c=d')
  })

  it.each([
    [204, undefined],
    [205, '0'],
    [304, undefined],
  ])('sends no body with %i', async (status, length) => {
    const answer = await ask(() => new Response(null, { status }), GET)

    expect([answer.status, answer.fields['content-length'], answer.fields['transfer-encoding']]).toEqual([
      status,
      length,
      undefined,
    ])
  })

  it.each<[string, () => Response, string | undefined]>([
    ['a string', () => new Response('olá'), '4'],
    ['a stream', () => new Response(chunksOf('a')), undefined],
    ['a stream of known length', () => new Response(chunksOf('abc'), { headers: { 'Content-Length': '3' } }), '3'],
    ['nothing, and a length', () => new Response(null, { headers: { 'Content-Length': '7' } }), '7'],
  ])('sends the head alone to HEAD, of %s', async (_, make, length) => {
    const answer = await ask(make, GET.replace('GET', 'HEAD'), ['HEAD'])

    expect([answer.body.length, answer.fields['content-length']]).toEqual([0, length])
  })

  it('takes the length that comes with a stream for its framing', async () => {
    const answer = await ask(() => new Response(chunksOf('ab', 'c'), { headers: { 'content-length': '3' } }), GET)

    expect([answer.body.toString(), answer.fields['content-length']]).toEqual(['abc', '3'])
  })

  it.each([
    ['less', '4'],
    ['more', '2'],
  ])('breaks off when a stream gives %s than it said', async (_, length) => {
    using silence = vi.spyOn(console, 'error').mockImplementation(() => {})
    await using server = await open(() => new Response(chunksOf('ab', 'c'), { headers: { 'content-length': length } }))
    await using client = await connect(server.address)
    await client.sendAll(GET)

    await expect(readToEnd(client)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(silence).toHaveBeenCalled()
  })

  it.each<[string, () => ReturnType<Handler>]>([
    ['ours', () => new Response(form())],
    ['the platform’s', () => new globalThis.Response(form())],
  ])('sends a form in a response of %s, also in none of its parts', async (_, make) => {
    const answer = await ask(make, GET)
    expect(answer.fields['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(answer.body.toString()).toContain('name="a"\r\n\r\nb\r\n')
    expect((await ask(make, GET.replace('GET', 'HEAD'), ['HEAD'])).status).toBe(200)
    let gone = (): void => {}
    await using server = await open(async () => {
      await new Promise<void>((resolve) => (gone = resolve))
      return make()
    })
    const client = await connect(server.address)
    await client.sendAll(GET)
    await until('it is being handled', () => gone.length === 1)
    client.abort()
    await until('the client has gone', () => server.connections === 0)
    gone()
    await pause(1) // what fails, fails in a promise of the platform's own
  })

  it('redirects as the standard does, and to an address without a scheme as it is given', () => {
    const to = (url: string | URL): string | null => Response.redirect(url).headers.get('location')

    expect(to('http://a/é€')).toBe('http://a/%C3%A9%E2%82%AC')
    expect(to(new URL('http://a'))).toBe('http://a/')
    expect([to('/a?b=c'), to('../d'), to('//e/f'), to('')]).toEqual(['/a?b=c', '../d', '//e/f', ''])
    expect(() => Response.redirect('http://[')).toThrow(TypeError)
    expect(() => Response.redirect('/', 200)).toThrow(RangeError)
  })

  it('sends trailer fields to whoever takes them', async () => {
    const make = (): Response => new Response(chunksOf('a'), { trailers: () => ({ 'X-Sum': '7' }) })

    expect((await ask(make, GET)).trailers).toEqual({})
    expect((await ask(make, GET.replace('\r\n\r\n', '\r\nTE: trailers\r\n\r\n'))).trailers).toEqual({ 'x-sum': '7' })
  })

  it.each<[string, HeadersInitLike]>([
    ['Transfer-Encoding', { 'Transfer-Encoding': 'gzip' }],
    ['Keep-Alive', { 'Keep-Alive': 'timeout=5' }],
    ['Connection', { Connection: 'x' }],
    ['a wrong length of a string', { 'Content-Length': '99' }],
  ])('keeps the framing its own: %s', async (_, headers) => {
    const answer = await ask(() => new Response('abc', { headers }), GET)

    expect(answer.body.toString()).toBe('abc')
    expect([answer.fields.connection, answer.fields['keep-alive'], answer.fields['transfer-encoding']]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('closes when the handler says so', async () => {
    expect((await ask(() => new Response('', { headers: { connection: 'close' } }), GET)).fields.connection).toBe(
      'close',
    )
  })

  it('never lets a value become a field', async () => {
    expect(() => new Response('', { headers: { A: 'b\r\nC: d' } })).toThrow(TypeError)
    expect(() => new Response('', { headers: { 'A\r\nB': 'c' } })).toThrow(TypeError)
    expect(() => new Response('', { statusText: 'a\r\nB: c' })).toThrow(TypeError)
    expect(() => new Response('', { headers: { A: 'b\u{100}' } })).toThrow(TypeError)
  })

  it('sends each chunk of a stream when it comes', async () => {
    let push = (_: string | null): void => {}
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        push = (chunk) => (chunk === null ? controller.close() : controller.enqueue(Buffer.from(chunk)))
      },
    })
    await using server = await open(() => new Response(body))
    await using client = await connect(server.address)
    await client.sendAll(GET)

    expect(String(await client.recv())).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\n$/)
    push('data: 1\n\n')
    expect(String(await client.recv())).toBe('9\r\ndata: 1\n\n\r\n')
    push('data: 2\n\n')
    expect(String(await client.recv())).toBe('9\r\ndata: 2\n\n\r\n')
    push(null)
    expect(String(await client.recv())).toBe('0\r\n\r\n')
  })

  it('holds a stream back whose client reads slowly', async () => {
    let made = 0
    await using server = await open(
      () =>
        new Response(
          (async function* () {
            while (made < 64) {
              made += 1
              yield Buffer.alloc(1 << 20, made)
            }
          })(),
        ),
    )
    await using client = await connect(server.address)
    await client.sendAll('GET / HTTP/1.0\r\n\r\n')
    await until('nothing moves', async () => {
      const before = made
      await pause(100)
      return made > 0 && made === before
    })
    expect(made).toBeLessThan(32)

    expect((await readToEnd(client)).length).toBeGreaterThan(64 << 20)
  })

  it('answers pipelined requests in their order, however long each takes', async () => {
    await using server = await open(async (request) => {
      await pause(request.target === '/0' ? 50 : 0)
      return new Response(request.target)
    })
    await using client = await connect(server.address)
    const targets = Array.from({ length: 20 }, (_, at) => `/${at}`)
    await client.sendAll(targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    await client.closeWrite()

    const { answers } = readAnswers(await readToEnd(client))
    expect(answers.map(({ body }) => body.toString())).toEqual(targets)
  })

  it('holds back a client that sends many requests and reads no answer', async () => {
    let handled = 0
    const body = Buffer.alloc(10_000)
    await using server = await open(() => {
      handled += 1
      return new Response(body)
    })
    await using client = await connect(server.address)
    const many = GET.repeat(600_000)
    const sending = client.sendAll(many)
    await until('nothing moves', async () => {
      const before = handled
      await pause(100)
      return handled > 0 && handled === before
    })
    expect(handled).toBeLessThan(10_000)
    expect(client.queued).toBeGreaterThan(0)
    client.abort()
    await sending.catch(() => null)
  })
})

describe('serve, errors', () => {
  it.each<[string, Handler]>([
    [
      'throws',
      () => {
        throw new Error('oops')
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
    ['gives nothing', () => undefined as never],
    ['gives what is no response', () => 'text' as never],
    [
      'gives a response that was read already',
      async () => {
        const response = new Response('a')
        await response.text()
        return response
      },
    ],
    ['gives the response of an error', () => Response.error()],
  ])('answers 500 when the handler %s, and lives on', async (_, handler) => {
    using silence = vi.spyOn(console, 'error').mockImplementation(() => {})
    await using server = await open(handler)
    await using client = await connect(server.address)
    for (let round = 0; round < 2; round += 1) {
      await client.sendAll(GET)
      const [answer] = readAnswers(Buffer.from((await client.recv()) ?? [])).answers
      expect([answer?.status, answer?.body.toString()]).toEqual([500, '500 Internal Server Error\n'])
    }
    expect(silence).toHaveBeenCalled()
  })

  it.each<[string, Handler, ServeOptions]>([
    ['the handler gives nothing', () => undefined as never, {}],
    ['the handler gives nothing late', async () => undefined as never, {}],
    ['onError gives nothing', () => Promise.reject(new Error('oops')), { onError: () => undefined as never }],
    ['the upgrade hook gives nothing', () => new Response(), { upgrade: () => undefined as never }],
  ])('answers 500 once when %s, and tells the log of that', async (_, handler, options) => {
    using silence = vi.spyOn(console, 'error').mockImplementation(() => {})
    const told: number[] = []
    await using server = await open(handler, { ...options, onAnswer: ({ status }) => told.push(status) })
    await using client = await connect(server.address)
    const asking = GET.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
    await client.sendAll(asking + asking)
    await client.closeWrite()

    expect(readAnswers(await readToEnd(client)).answers.map(({ status }) => status)).toEqual([500, 500])
    expect(told).toEqual([500, 500])
    expect(silence).toHaveBeenCalled()
  })

  it('tells the stream of an answer that cannot be sent', async () => {
    using silence = vi.spyOn(console, 'error').mockImplementation(() => {})
    let isCancelled = false
    const body = new ReadableStream<Uint8Array>({
      cancel() {
        isCancelled = true
      },
    })
    const answer = await ask(() => new Response(body, { headers: { 'Content-Length': 'many' } }), GET)

    expect(answer.status).toBe(500)
    expect(isCancelled).toBe(true)
    expect(silence).toHaveBeenCalled()
  })

  it.each(['GET', 'HEAD'])('bears a body whose iterator gives no promises (%s)', async (method) => {
    let hasLeft = false
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () => ({ value: Buffer.alloc(1 << 20) }),
        return: () => {
          hasLeft = true
          return { done: true }
        },
      }),
    } as unknown as AsyncIterable<Uint8Array>
    await using server = await open(() => new Response(body))
    const client = await connect(server.address)
    await client.sendAll(GET.replace('GET', method))
    await client.recv()
    client.abort()

    await until('it is told', () => hasLeft)
  })

  it('lets onError answer', async () => {
    const handler = (): Response => {
      throw new Error('oops')
    }
    const onError: ServeOptions['onError'] = (error, request) =>
      new Response(`${(error as Error).message} at ${request.target}`, { status: 503 })
    await using server = await open(handler, { onError })

    const response = await fetch(server.url)

    expect([response.status, await response.text()]).toEqual([503, 'oops at /'])
  })

  it('answers 500 when onError fails, too', async () => {
    using silence = vi.spyOn(console, 'error').mockImplementation(() => {})
    const fail = (): never => {
      throw new Error('oops')
    }
    await using server = await open(fail, { onError: fail })

    expect((await fetch(server.url)).status).toBe(500)
    expect(silence).toHaveBeenCalled()
  })

  it('breaks off when the stream of an answer fails, so that it does not look whole', async () => {
    using silence = vi.spyOn(console, 'error').mockImplementation(() => {})
    await using server = await open(
      () =>
        new Response(
          (async function* () {
            yield Buffer.from('a')
            await pause(1)
            throw new Error('oops')
          })(),
        ),
    )
    await expect(fetch(server.url).then((response) => response.text())).rejects.toThrow()
    expect(silence).toHaveBeenCalled()
  })
})

describe('serve, clients that go', () => {
  it.each([
    ['breaks off', (client: Connection) => client.abort()],
    ['closes', (client: Connection) => void client.close()],
  ])('aborts the signal and cancels the stream when the client %s', async (_, leave) => {
    let isAborted = false
    let isCancelled = false
    await using server = await open((request) => {
      request.signal.addEventListener('abort', () => {
        isAborted = true
      })
      return new Response(
        new ReadableStream<Uint8Array>({
          async pull(controller) {
            await pause(5)
            controller.enqueue(Buffer.from('a'))
          },
          cancel() {
            isCancelled = true
          },
        }),
      )
    })
    const client = await connect(server.address)
    await client.sendAll(GET)
    await client.recv()
    leave(client)

    await until('both are told', () => isAborted && isCancelled)
    await until('the connection is gone', () => server.connections === 0)
  })

  it('cancels a stream that gives nothing more, some seconds after its client closed', async () => {
    let isReturned = false
    await using server = await open((request) => {
      return new Response(
        (async function* () {
          try {
            yield Buffer.from('a')
            await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
          } finally {
            isReturned = true
          }
        })(),
      )
    })
    const client = await connect(server.address)
    await client.sendAll(GET)
    await client.recv()
    void client.close()

    await until('it is told', () => isReturned)
  })

  it('aborts no signal after a normal end', async () => {
    const signals: AbortSignal[] = []
    await using server = await open((request) => {
      signals.push(request.signal)
      return new Response('a')
    })
    const client = await connect(server.address)
    await client.sendAll(GET)
    await client.recv()
    await client.close()
    await until('the connection is gone', () => server.connections === 0)

    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  it('aborts the signal when the client says that it sends no more, and still gives it the answer', async () => {
    await using server = await open(async (request) => {
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
      return new Response(`${server.connections}`)
    })
    await using client = await connect(server.address)
    await client.sendAll(GET)
    await client.closeWrite()

    expect(readAnswers(await readToEnd(client)).answers.map(({ body }) => body.toString())).toEqual(['1'])
  })

  it('answers a client that has sent all it will (nc -N)', async () => {
    await using server = await open(async () => {
      await pause(20)
      return new Response(chunksOf('a', 'b'))
    })
    await using client = await connect(server.address)
    await client.sendAll(GET)
    await client.closeWrite()

    expect(readAnswers(await readToEnd(client)).answers.map(({ body }) => body.toString())).toEqual(['ab'])
  })

  it('drops the answer of a handler whose client has gone', async () => {
    let isCancelled = false
    let isHandled = false
    let finish = (): void => {}
    await using server = await open(async (request) => {
      await new Promise<void>((resolve) => {
        finish = resolve
        isHandled = true
      })
      expect(request.signal.aborted).toBe(true)
      return new Response(
        new ReadableStream<Uint8Array>({
          cancel() {
            isCancelled = true
          },
        }),
      )
    })
    const client = await connect(server.address)
    await client.sendAll(GET)
    await until('it is being handled', () => isHandled)
    client.abort()
    await until('the connection is gone', () => server.connections === 0)
    finish()

    await until('the stream is told', () => isCancelled)
  })

  it.each<[string, (client: Connection) => unknown]>([
    ['breaks off', (client) => client.abort()],
    ['sends no more', (client) => client.closeWrite()],
  ])('tells a handler that does not read that its client %s, though nothing more is read', async (_, go) => {
    let isAborted = false
    let isHandled = false
    await using server = await open((request) => {
      isHandled = true
      return new Promise((resolve) => {
        request.signal.addEventListener('abort', () => {
          isAborted = true
          resolve(new Response())
        })
      })
    })
    const client = await connect(server.address)
    await client.sendAll(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n`)
    await client.sendAll(Buffer.alloc(400_000))
    await until('it has all been sent', () => isHandled && client.queued === 0)
    void go(client)

    await until('it is told', () => isAborted)
    client.abort()
  })

  it('reads a body to its end that has come whole before the FIN', async () => {
    const length = 400_000
    let isAborted = false
    await using server = await open(async (request) => {
      await new Promise((resolve) => {
        request.signal.addEventListener('abort', resolve)
      })
      isAborted = true
      return new Response(`${(await request.bytes()).length}`)
    })
    await using client = await connect(server.address)
    await client.sendAll(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`)
    await client.sendAll(Buffer.alloc(length))
    await client.closeWrite()

    expect((await readToEnd(client)).toString()).toContain(`\r\n\r\n${length}`)
    expect(isAborted).toBe(true)
  })

  it('bears clients that break off at any byte', async () => {
    await using server = await open(async (request) => new Response(await request.text()))
    const whole = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const client = await connect(server.address)
      await client.sendAll(whole.slice(0, cut))
      if (cut % 2) client.abort()
      else await client.close({ deadline: 20 })
    }
    await until('all are gone', () => server.connections === 0)
    expect(await (await fetch(server.url, { method: 'POST', body: 'a' })).text()).toBe('a')
  })
})

describe('serve, closing', () => {
  it('lets an answer under way finish, closes what is idle, and takes no more', async () => {
    let finish = (): void => {}
    const server = await open(async (request) => {
      if (request.target === '/slow') await new Promise<void>((resolve) => (finish = resolve))
      return new Response('a')
    })
    await using idle = await connect(server.address)
    await idle.sendAll(GET)
    await idle.recv()
    await using busy = await connect(server.address)
    await busy.sendAll('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('it is handled', () => finish.length === 1)

    const closing = server.close()
    expect(await idle.recv()).toBe(null)
    await expect(connect(server.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    finish()
    const [answer] = readAnswers(await readToEnd(busy)).answers
    await closing

    expect([answer?.status, answer?.fields.connection]).toEqual([200, 'close'])
    await server.closed
  })

  it('answers whoever has just come, and closes when nothing is asked', async () => {
    const server = await open(() => new Response('a'))
    await using client = await connect(server.address)
    await using silent = await connect(server.address)
    await until('both are there', () => server.connections === 2)

    const closing = server.close({ deadline: 30_000 })
    await client.sendAll(GET)
    const [answer] = readAnswers(await readToEnd(client)).answers

    expect([answer?.status, answer?.fields.connection]).toEqual([200, 'close'])
    expect(await silent.recv()).toBe(null)
    await closing
  })

  it('gives an answer that is still on its way, and another protocol, until the deadline', async () => {
    const bytes = 30 << 20
    let finish = (): void => {}
    const server = await open(() => new Response(Buffer.alloc(bytes)), {
      upgrade: () => ({
        protocol: 'slow',
        run: async (connection) => {
          await new Promise<void>((resolve) => (finish = resolve))
          await connection.sendAll('done')
        },
      }),
    })
    await using client = await connect(server.address)
    await client.sendAll(GET)
    let read = (await client.recv())?.length ?? 0
    await using other = await connect(server.address)
    await other.sendAll(GET.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: slow\r\n\r\n'))
    await other.recv()

    const closing = server.close({ deadline: 30_000 })
    await pause(2_000)
    finish()
    read += (await readToEnd(client)).length
    await closing

    expect(read).toBeGreaterThan(bytes)
    expect(String(await other.recv())).toBe('done')
  })

  it('resets what is not done at the deadline', async () => {
    let isHandled = false
    let isAborted = false
    const server = await open((request) => {
      isHandled = true
      request.signal.addEventListener('abort', () => {
        isAborted = true
      })
      return new Promise(() => {})
    })
    await using client = await connect(server.address)
    await client.sendAll(GET)
    await until('it is being handled', () => isHandled)
    const start = performance.now()
    await server.close({ deadline: 200 })

    expect(performance.now() - start).toBeLessThan(2000)
    await expect(client.recv()).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(isAborted).toBe(true)
  })
})

describe('serve, sockets', () => {
  it('listens on a Unix socket', async (context) => {
    if (process.platform === 'win32') lacking(context, 'needs Unix sockets')
    const folder = mkdtempSync(join(tmpdir(), 'fund-tiny-http-'))
    const path = join(folder, 'socket')
    {
      await using server = await open((request) => new Response(`${request.url} "${request.ip}"`), { path })
      const response = await new Promise<NodeJS.ReadableStream>((resolve) =>
        get({ socketPath: path, path: '/a' }, resolve),
      )
      expect(await text(response)).toBe('http://localhost/a ""')
      expect([server.url, server.address]).toEqual(['http://localhost/', { host: path, port: 0 }])
    }
    rmSync(folder, { recursive: true })
  })

  it('takes the path of a Unix socket from the folder that it runs in', async (context) => {
    if (process.platform === 'win32') lacking(context, 'needs Unix sockets')
    const folder = mkdtempSync(join(tmpdir(), 'fund-tiny-http-'))
    const path = join(folder, 'socket')
    {
      await using server = await open(() => new Response(), { path: relative(process.cwd(), path) })
      expect(server.address.host).toBe(path)
    }
    rmSync(folder, { recursive: true })
  })

  it('says where it listens', async () => {
    await using server = await open(() => new Response())
    expect(server.url).toBe(`http://127.0.0.1:${server.address.port}/`)
    expect(server.address.port).toBeGreaterThan(0)
    await expect(serve(() => new Response(), { port: server.address.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })

  it('hands a connection over to another protocol', async () => {
    const echo = async (connection: Connection): Promise<void> => {
      for (let bytes = await connection.recv(); bytes; bytes = await connection.recv()) await connection.sendAll(bytes)
    }
    await using server = await open(() => new Response('plain'), {
      upgrade: (request) => {
        const protocol = request.headers.get('upgrade') ?? ''
        if (protocol === 'echo') return { protocol, run: echo, headers: { 'X-A': 'b' } }
        return protocol === 'no' ? new Response('no', { status: 426 }) : null
      },
    })
    const head = (protocol: string): string =>
      GET.replace('\r\n\r\n', `\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`)
    await using client = await connect(server.address)
    await client.sendAll(`${head('echo')}first`)
    const expected = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-A: b\r\n\r\nfirst'
    let came = ''
    await until('it has come', async () => {
      came += String(await client.recv())
      return came.length >= expected.length
    })
    expect(came).toBe(expected)
    await client.sendAll('second')
    expect(String(await client.recv())).toBe('second')
    await client.closeWrite()
    expect(await client.recv()).toBe(null)

    await client.close()
    await until('it is over', () => server.connections === 0)
    expect((await ask(server, head('no'))).status).toBe(426)
    expect((await ask(server, head('unknown'))).body.toString()).toBe('plain')
  })

  it('tells each answer to a log', async () => {
    const told: unknown[] = []
    await using server = await open((request) => new Response(request.target), {
      onAnswer: ({ request, status, bytes, peer }) => told.push([request?.target, status, bytes, peer]),
    })
    await ask(server, 'GET /abc HTTP/1.1\r\nHost: a\r\n\r\n')
    await ask(server, 'GET /abc\r\n\r\n')

    expect(told).toEqual([
      ['/abc', 200, 4, '127.0.0.1'],
      [undefined, 400, 16, '127.0.0.1'],
    ])
  })
})

function form(): FormData {
  const data = new FormData()
  data.set('a', 'b')
  return data
}

type HeadersInitLike = Record<string, string>

function open(handler: Handler, options: ServeOptions = {}): Promise<Server> {
  return serve(handler, options)
}

/** Sends one request, and gives the answer. */
async function ask(to: Handler | Server, request: string, methods?: string[]): Promise<ReceivedAnswer> {
  if (typeof to === 'function') {
    await using server = await open(to)
    return await ask(server, request, methods)
  }
  await using client = await connect(to.address)
  await client.sendAll(request)
  let raw = Buffer.alloc(0)
  while (true) {
    const chunk = await client.recv(65_536, { timeout: 5_000 })
    raw = Buffer.concat([raw, chunk ?? Buffer.alloc(0)])
    const [answer] = readAnswers(raw, { methods, isOver: chunk === null }).answers
    if (answer) return answer
    if (chunk === null) throw new Error(`No answer: ${JSON.stringify(raw.toString())}`)
  }
}

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk))
      controller.close()
    },
  })
}

async function* chunksOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}
