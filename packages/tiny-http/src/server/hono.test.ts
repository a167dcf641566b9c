import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@fund/net-core'
import { until } from '@fund/net-core/testing'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { stream, streamSSE, streamText } from 'hono/streaming'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Request, Response } from './message.ts'
import { type Server, serve } from './server.ts'
import { standard } from './standard.ts'

/** How many events the client has seen. */
let received = 0

describe.each([
  ['the platform’s Response', false],
  ['lightGlobals', true],
])('serve, a Hono app, %s', (_, lightGlobals) => {
  let server: Server
  const left: string[] = []

  beforeAll(async () => {
    server = await serve(app(left).fetch, { lightGlobals })
  })

  afterAll(async () => {
    await server.close({ deadline: 500 })
    globalThis.Response = standard().Response
    globalThis.Request = standard().Request
  })

  it.each<[string, RequestInit, number, string]>([
    ['/', {}, 200, 'Hello'],
    ['/users/7?sort=a', {}, 200, '{"id":"7","sort":"a"}'],
    ['/html', {}, 200, '<h1>Olá</h1>'],
    ['/created', {}, 201, 'made'],
    ['/none', {}, 204, ''],
    ['/unknown', {}, 404, '404 Not Found'],
    ['/teapot', {}, 418, 'short and stout'],
    ['/fails', {}, 500, 'Internal Server Error'],
    ['/later', {}, 200, 'later'],
    ['/text', { method: 'POST', body: 'olá' }, 200, 'olá'],
    ['/json', { method: 'POST', body: '{"a":"é"}', headers: { 'content-type': 'application/json' } }, 200, '{"a":"é"}'],
    ['/form', { method: 'POST', body: new URLSearchParams({ a: 'é' }) }, 200, 'é'],
    ['/mounted/a', {}, 200, 'mounted /a'],
    ['/nested/b', {}, 200, 'nested'],
    ['/redirect', { redirect: 'manual' }, 302, ''],
    ['/stream', {}, 200, 'abc'],
    ['/streamText', {}, 200, 'one\ntwo\n'],
    ['/proxied', {}, 200, 'Hello'],
    ['/', { method: 'HEAD' }, 200, ''],
  ])('answers %s', async (path, init, status, body) => {
    using silence = vi.spyOn(console, 'error').mockImplementation(() => {})
    const response = await fetch(new URL(path, server.url), init)

    expect([response.status, await response.text()]).toEqual([status, body])
    expect(response.headers.get('x-middleware')).toBe('ran')
    expect(silence.mock.calls.length).toBe(path === '/fails' ? 1 : 0)
  })

  it('works with the middleware that reads answers', async () => {
    const first = await fetch(`${server.url}etag`)
    const tag = first.headers.get('etag') ?? ''
    const second = await fetch(`${server.url}etag`, { headers: { 'if-none-match': tag } })
    const packed = await fetch(`${server.url}compressed`, { headers: { 'accept-encoding': 'gzip' } })

    expect([first.status, await first.text(), second.status]).toEqual([200, 'the same', 304])
    expect([packed.headers.get('content-encoding'), (await packed.text()).length]).toEqual(['gzip', 5000])
    expect((await fetch(`${server.url}cors`)).headers.get('access-control-allow-origin')).toBe('*')
    expect((await fetch(`${server.url}cookies`)).headers.getSetCookie()).toEqual(['a=b', 'c=d'])
  })

  it('sends each event of a stream when it happens', async () => {
    received = 0
    const response = await fetch(`${server.url}sse`)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    for (let round = 0; round < 3; round += 1) {
      const { value } = await reader.read()
      expect(Buffer.from(value ?? []).toString()).toBe(`event: tick\ndata: ${round}\n\n`)
      received += 1 // the next one is sent only now
    }
    await reader.cancel()
  })

  it('tells a stream that its client has gone', async () => {
    const client = await connect(server.address)
    await client.sendAll('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.recv()
    client.abort()

    await until('it is told', () => left.length > 0)
    left.length = 0
  })

  it('is an instance of what it should be', async () => {
    expect(await (await fetch(`${server.url}instances`)).json()).toEqual(
      lightGlobals ? [true, true, true, true] : [false, true, false, true],
    )
  })
})

function app(left: string[]): Hono {
  const hono = new Hono()
  hono.use(async (context, next) => {
    await next()
    context.header('X-Middleware', 'ran')
  })
  hono.use('/etag', etag())
  hono.use('/compressed', compress())
  hono.use('/cors', cors())
  hono.get('/', (context) => context.text('Hello'))
  hono.get('/users/:id', (context) => context.json({ id: context.req.param('id'), sort: context.req.query('sort') }))
  hono.get('/html', (context) => context.html('<h1>Olá</h1>'))
  hono.get('/created', (context) => context.body('made', 201, { 'X-A': 'b' }))
  hono.get('/none', (context) => context.body(null, 204))
  hono.get('/teapot', () => {
    throw new HTTPException(418, { message: 'short and stout' })
  })
  hono.get('/fails', () => {
    throw new Error('oops')
  })
  hono.get('/later', async (context) => {
    await pause(5)
    return context.text('later')
  })
  hono.post('/text', async (context) => context.text(await context.req.text()))
  hono.post('/json', async (context) => context.json(await context.req.json()))
  hono.post('/form', async (context) => context.text(String((await context.req.parseBody()).a)))
  hono.mount(
    '/mounted',
    (request: globalThis.Request) => new Response(`mounted ${new URL(request.url).pathname}`) as never,
  )
  hono.route(
    '/nested',
    new Hono().get('/b', (context) => context.text('nested')),
  )
  hono.get('/redirect', (context) => context.redirect('/'))
  hono.get('/etag', (context) => context.text('the same'))
  hono.get('/compressed', (context) => context.text('a'.repeat(5000)))
  hono.get('/cors', (context) => context.text('any origin'))
  hono.get('/cookies', (context) => {
    context.header('Set-Cookie', 'a=b', { append: true })
    context.header('Set-Cookie', 'c=d', { append: true })
    return context.text('')
  })
  hono.get('/stream', (context) =>
    stream(context, async (out) => {
      for (const letter of 'abc') await out.write(Buffer.from(letter))
    }),
  )
  hono.get('/streamText', (context) =>
    streamText(context, async (out) => {
      await out.writeln('one')
      await out.writeln('two')
    }),
  )
  hono.get('/sse', (context) =>
    streamSSE(context, async (out) => {
      for (let round = 0; round < 3; round += 1) {
        await out.writeSSE({ event: 'tick', data: `${round}` })
        await until('it has come', () => received > round)
      }
    }),
  )
  hono.get('/endless', (context) =>
    stream(context, async (out) => {
      out.onAbort(() => {
        left.push('endless')
      })
      while (!out.aborted) {
        await out.write(Buffer.from('a'))
        await pause(5)
      }
    }),
  )
  hono.get('/proxied', async (context) => {
    const { protocol, host } = new URL(context.req.url)
    const answer = await fetch(`${protocol}//${host}/`, { headers: context.req.raw.headers })
    return new globalThis.Response(answer.body, answer)
  })
  hono.get('/instances', async (context) => {
    const made = context.text('')
    const fetched = await fetch('data:,a')
    const instances = [
      context.req.raw instanceof globalThis.Request,
      fetched instanceof globalThis.Response,
      made instanceof Response,
      made instanceof globalThis.Response && new globalThis.Request(context.req.raw.url) instanceof globalThis.Request,
    ]
    return context.json(instances)
  })
  return hono
}

describe('Request', () => {
  it('is what a handler written for the platform takes', () => {
    const handler: (request: globalThis.Request) => Promise<globalThis.Response> = async () =>
      new (standard().Response)()
    const ours: Parameters<typeof serve>[0] = handler
    expect([ours, Request.name]).toEqual([handler, 'Request'])
  })
})
