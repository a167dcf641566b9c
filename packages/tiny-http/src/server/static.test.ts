import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib'
import { connect } from '@fund/net-core'
import { requiresProgram, until } from '@fund/net-core/testing'
import { describe, expect, it, vi } from 'vitest'
import { ask, type WireAnswer } from '../testing/ask.ts'
import { type TempFolder, tempFolder } from '../testing/temp-folder.ts'
import { Response } from './message.ts'
import { type Server, serve } from './server.ts'
import { type FilesOptions, files } from './static.ts'

const CANARY = 'a secret beside the folder'
const MIB = 1024 * 1024

type Fields = Readonly<Record<string, string>>

interface Site extends AsyncDisposable {
  /** Of the folder that is served; the secret lies beside it. */
  readonly path: string
  readonly server: Server
  write(name: string, content: string | Uint8Array): void
  get(target: string, fields?: Fields): Promise<WireAnswer>
  head(target: string, fields?: Fields): Promise<WireAnswer>
  asks(method: string, target: string, fields?: Fields): Promise<WireAnswer>
}

/** A server for a folder with these files. */
async function open(
  content: Readonly<Record<string, string | Uint8Array>> = {},
  options?: FilesOptions,
): Promise<Site> {
  const outside: TempFolder = tempFolder({ 'secret.txt': CANARY })
  const path = join(outside.path, 'site')
  mkdirSync(path)
  for (const [name, bytes] of Object.entries(content)) outside.write(join('site', name), bytes)
  const server = await serve(files(path, options))
  const asks: Site['asks'] = (method, target, fields) => ask(server.address, `${method} ${target} HTTP/1.1`, fields)
  return {
    path,
    server,
    write: (name, bytes) => outside.write(join('site', name), bytes),
    get: (target, fields) => asks('GET', target, fields),
    head: (target, fields) => asks('HEAD', target, fields),
    asks,
    async [Symbol.asyncDispose]() {
      await server.close({ deadline: 1_000 })
      outside[Symbol.dispose]()
    },
  }
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length
}

/** Bytes that differ from place to place. */
function content(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) % 251))
}

describe('files', () => {
  it('gives a file with what there is to know about it', async () => {
    await using site = await open({ 'a.txt': 'olá\n' })
    const { status, fields, body } = await site.get('/a.txt')

    expect(status).toBe(200)
    expect(body.toString()).toBe('olá\n')
    expect(Object.fromEntries(fields)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
      connection: 'close',
      'content-length': '5',
      'content-type': 'text/plain; charset=utf-8',
      date: expect.stringMatching(/ GMT$/),
      etag: expect.stringMatching(/^"[\w-]+"$/),
      'last-modified': 'Sun, 02 Feb 2020 02:02:02 GMT',
      'x-content-type-options': 'nosniff',
    })
  })

  it('gives index.html for a folder, and sends whoever left the slash out to it', async () => {
    await using site = await open({ 'index.html': 'top', 'sub/index.html': 'sub', 'olá mundo/index.html': 'olá' })

    expect((await site.get('/')).body.toString()).toBe('top')
    expect((await site.get('/?x=1')).body.toString()).toBe('top')
    expect((await site.get('/sub/')).body.toString()).toBe('sub')
    expect((await site.get('http://localhost/sub/?x')).body.toString()).toBe('sub')
    expect((await site.get('http://localhost')).body.toString()).toBe('top')
    for (const [target, location] of [
      ['/sub', '/sub/'],
      ['/sub?a=b&c', '/sub/?a=b&c'],
      ['/ol%C3%A1%20mundo', '/ol%C3%A1%20mundo/'],
      ['/%73ub', '/sub/'],
    ] as const) {
      const { status, fields } = await site.get(target)
      expect([status, fields.get('location')]).toEqual([301, location])
    }
    expect((await site.get('/sub/index.html/')).status).toBe(404)
  })

  it('never sends anybody to another host', async () => {
    await using site = await open({ 'sub/index.html': 'sub', 'evil.example/index.html': '' })

    for (const target of [
      '//evil.example',
      '//evil.example/%2e%2e',
      '/%2fevil.example',
      '/\\evil.example',
      '/%5cevil.example',
    ]) {
      const { status, fields } = await site.get(target)
      expect([target, status, fields.get('location')]).toEqual([target, 404, undefined])
    }
  })

  it('gives names in any script', async () => {
    await using site = await open({
      'olá.txt': '1',
      '日本/שלום.txt': '2',
      'com espaço & mais.txt': '3',
      '100%.txt': '4',
      'a+b.txt': '5',
    })

    expect((await site.get('/ol%C3%A1.txt')).body.toString()).toBe('1')
    expect((await site.get('/%E6%97%A5%E6%9C%AC/%D7%A9%D7%9C%D7%95%D7%9D.txt')).body.toString()).toBe('2')
    expect((await site.get('/com%20espa%c3%a7o%20&%20mais.txt')).body.toString()).toBe('3')
    expect((await site.get('/100%25.txt')).body.toString()).toBe('4')
    expect((await site.get('/a+b.txt')).body.toString()).toBe('5')
    expect((await site.get('/100%.txt')).status).toBe(400)
    expect((await site.get('/%ff.txt')).status).toBe(400)
  })

  it('gives nothing away that lies outside, has a hidden name, or is no file', async (context) => {
    const mkfifo = requiresProgram(context, 'mkfifo')
    await using site = await open({
      'a.txt': 'a',
      '.env': CANARY,
      '.git/HEAD': CANARY,
      'sub/.env': CANARY,
      '.well-known/acme-challenge/token': 'token',
      '.well-known/.env': CANARY,
    })
    symlinkSync('../secret.txt', join(site.path, 'link.txt'))
    symlinkSync('..', join(site.path, 'up'))
    symlinkSync('.env', join(site.path, 'env.txt'))
    symlinkSync('loop', join(site.path, 'loop'))
    symlinkSync('/dev/zero', join(site.path, 'zero'))
    symlinkSync('a.txt', join(site.path, 'inside.txt'))
    execFileSync(mkfifo, [join(site.path, 'pipe')])
    const socket = createServer().listen(join(site.path, 'socket'))
    await using _closing = { [Symbol.asyncDispose]: async () => void socket.close() }

    for (const target of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/..%5csecret.txt',
      '/..\\secret.txt',
      '/sub/../../secret.txt',
      '/sub/%2E%2E/%2E%2E/secret.txt',
      '/link.txt',
      '/up/secret.txt',
      '/up/',
      '/up',
      '//secret.txt',
      '/a.txt/../../secret.txt',
      '/a.txt%00.png',
      '/.env',
      '/env.txt',
      '/.git/HEAD',
      '/.git/',
      '/sub/.env',
      '/.well-known/.env',
      '/loop',
      '/zero',
      '/pipe',
      '/socket',
      '/a.txt/',
      '/a.txt/b',
      `/${'a'.repeat(300)}`,
      `/${'a/'.repeat(2_000)}`,
      '/nothing',
    ]) {
      const { status, body } = await site.get(target)
      expect([target, status, body.toString()]).toEqual([target, 404, '404 Not Found\n'])
    }
    expect((await site.get('/inside.txt')).body.toString()).toBe('a')
    expect((await site.get('/.well-known/acme-challenge/token')).body.toString()).toBe('token')
    expect((await site.get('/')).body.toString()).not.toMatch(/secret|env|git|pipe|socket|zero|loop|"\.\/up/)
  })

  it('says that there is no such thing where it may not read', async (context) => {
    if (process.getuid?.() === 0) context.skip('the administrator may read everything')
    await using site = await open({ 'a.txt': 'a' })
    chmodSync(join(site.path, 'a.txt'), 0)

    expect((await site.get('/a.txt')).status).toBe(404)
  })

  it('answers HEAD as GET, without the body', async () => {
    await using site = await open({ 'index.html': 'top', 'big.bin': content(2 * MIB), 'sub/a': '' })

    for (const target of ['/', '/big.bin', '/sub/', '/sub', '/nothing']) {
      const got = await site.get(target)
      const head = await site.head(target)
      expect([target, head.status, head.body.length]).toEqual([target, got.status, 0])
      const rest = ({ fields }: WireAnswer): unknown => ({ ...Object.fromEntries(fields), date: '' })
      expect(rest(head)).toEqual(rest(got))
    }
    expect((await site.head('/big.bin', { Range: 'bytes=0-9' })).status).toBe(200) // RFC 9110, 14.2
  })

  it('refuses other methods, and says which there are', async () => {
    await using site = await open({ 'a.txt': 'a' })

    for (const method of ['POST', 'PUT', 'DELETE', 'get']) {
      const { status, fields } = await site.asks(method, '/a.txt')
      expect([status, fields.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    }
    const options = await site.asks('OPTIONS', '/a.txt')
    expect([options.status, options.fields.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })

  it('answers conditions as RFC 9110, 13.2.2 says', async () => {
    await using site = await open({ 'a.txt': 'a' })
    const { fields } = await site.get('/a.txt')
    const etag = fields.get('etag') ?? ''
    const date = fields.get('last-modified') ?? ''

    for (const [asked, status] of [
      [{ 'If-None-Match': etag }, 304],
      [{ 'If-None-Match': `"x", W/${etag}` }, 304],
      [{ 'If-None-Match': '"x"' }, 200],
      [{ 'If-Modified-Since': date }, 304],
      [{ 'If-None-Match': '"x"', 'If-Modified-Since': date }, 200],
      [{ 'If-Match': '"x"' }, 412],
      [{ 'If-Match': etag, Range: 'bytes=0-0' }, 206],
      [{ 'If-Unmodified-Since': 'Sun, 02 Feb 2020 02:02:01 GMT' }, 412],
    ] as const) {
      expect([asked, (await site.get('/a.txt', asked as Fields)).status]).toEqual([asked, status])
    }
    const notModified = await site.get('/a.txt', { 'If-None-Match': etag })
    expect(notModified.fields.get('etag')).toBe(etag)
    expect(notModified.fields.get('cache-control')).toBe('no-cache')
    expect(notModified.fields.has('content-type')).toBe(false)
    expect(notModified.body.length).toBe(0)
    expect((await site.get('/nothing', { 'If-Match': '"x"' })).status).toBe(404) // 13.2.1
    expect((await site.head('/a.txt', { 'If-None-Match': etag })).status).toBe(304)
  })

  describe.each([
    ['a small file', 1_000],
    ['a large file', 2 * MIB + 100],
  ])('ranges of %s', (_, size) => {
    const bytes = content(size)

    it('gives one', async () => {
      await using site = await open({ 'a.bin': bytes })

      for (const [range, from, to] of [
        ['bytes=0-9', 0, 10],
        ['bytes=990-', 990, size],
        ['bytes=-5', size - 5, size],
        ['bytes=5-99999999', 5, size],
        ['bytes=10-19,5-12', 5, 20],
      ] as const) {
        const { status, fields, body } = await site.get('/a.bin', { Range: range })
        expect([range, status]).toEqual([range, 206])
        expect(fields.get('content-range')).toBe(`bytes ${from}-${to - 1}/${size}`)
        expect(body.equals(bytes.subarray(from, to))).toBe(true)
      }
    })

    it('gives several, in parts', async () => {
      await using site = await open({ 'a.bin': bytes })
      const { status, fields, body } = await site.get('/a.bin', { Range: `bytes=500-502,0-1,-1` })
      const [, boundary = ''] = /^multipart\/byteranges; boundary=(\w+)$/.exec(fields.get('content-type') ?? '') ?? []

      expect(status).toBe(206)
      expect(fields.has('content-range')).toBe(false)
      const parts = body.toString('latin1').split(`--${boundary}`)
      expect(parts.length).toBe(5)
      const part = (from: number, to: number): string =>
        `\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${from}-${to - 1}/${size}\r\n\r\n${bytes.toString('latin1', from, to)}\r\n`
      expect(parts).toEqual(['', part(500, 503), part(0, 2), part(size - 1, size), '--\r\n'])
    })

    it('refuses what does not exist, ignores what it does not know', async () => {
      await using site = await open({ 'a.bin': bytes })
      const { status, fields } = await site.get('/a.bin', { Range: `bytes=${size}-` })

      expect([status, fields.get('content-range')]).toEqual([416, `bytes */${size}`])
      for (const range of ['bytes=5-2', 'lines=0-1', 'bytes=x', `bytes=${'0-0,'.repeat(500)}1-1`]) {
        expect([range, (await site.get('/a.bin', { Range: range })).status]).toEqual([range, 200])
      }
    })

    it('heeds If-Range', async () => {
      await using site = await open({ 'a.bin': bytes })
      const { fields } = await site.get('/a.bin')

      for (const [ifRange, status] of [
        [fields.get('etag') ?? '', 206],
        [fields.get('last-modified') ?? '', 206],
        ['"x"', 200],
        [`W/${fields.get('etag')}`, 200],
        ['Sun, 02 Feb 2020 02:02:03 GMT', 200],
      ] as const) {
        const answer = await site.get('/a.bin', { Range: 'bytes=0-1', 'If-Range': ifRange })
        expect([ifRange, answer.status]).toEqual([ifRange, status])
      }
    })
  })

  it('has no ranges of an empty file', async () => {
    await using site = await open({ empty: '' })

    expect((await site.get('/empty')).fields.get('content-length')).toBe('0')
    expect((await site.get('/empty', { Range: 'bytes=0-' })).status).toBe(416)
    expect((await site.get('/empty', { Range: 'bytes=-1' })).status).toBe(200)
  })

  it('sees at once that a file has changed, has gone, has come', async () => {
    await using site = await open({ 'a.txt': 'one', 'sub/index.html': 'index' })
    const says = async (target: string): Promise<string> => (await site.get(target)).body.toString()

    expect(await says('/a.txt')).toBe('one')
    expect(await says('/a.txt')).toBe('one')
    site.write('a.txt', 'two') // as long as before, and with the same time
    expect(await says('/a.txt')).toBe('two')
    rmSync(join(site.path, 'a.txt'))
    expect(await says('/a.txt')).toBe('404 Not Found\n')
    site.write('a.txt', 'three')
    expect(await says('/a.txt')).toBe('three')
    rmSync(join(site.path, 'a.txt'))
    symlinkSync('../secret.txt', join(site.path, 'a.txt'))
    expect(await says('/a.txt')).toBe('404 Not Found\n')
    expect(await says('/sub/')).toBe('index')
    rmSync(join(site.path, 'sub/index.html'))
    expect(await says('/sub/')).toContain('<table>')
  })

  it('may trust a file for a while', async () => {
    await using site = await open({ 'a.txt': 'one' }, { trustMs: 60_000 })
    const says = async (): Promise<string> => (await site.get('/a.txt')).body.toString()

    expect(await says()).toBe('one')
    site.write('a.txt', 'two')
    expect(await says()).toBe('one')
  })

  it('gives a weak tag to what has only just changed, and does not keep it', async () => {
    await using site = await open({ 'a.txt': 'one' }, { trustMs: 60_000 })
    utimesSync(join(site.path, 'a.txt'), new Date(), new Date())
    const { fields } = await site.get('/a.txt')

    expect(fields.get('etag')).toMatch(/^W\/"/)
    expect((await site.get('/a.txt', { Range: 'bytes=0-0', 'If-Range': fields.get('etag') ?? '' })).status).toBe(200)
    site.write('a.txt', 'two')
    expect((await site.get('/a.txt')).body.toString()).toBe('two')
  })

  it('does not believe a time that is still to come', async () => {
    await using site = await open({ 'a.txt': 'one' })
    utimesSync(join(site.path, 'a.txt'), new Date(), new Date(Date.now() + 86_400_000))

    expect((await site.get('/a.txt')).fields.has('last-modified')).toBe(false)
  })

  it('gives the packed file beside it to whoever takes it', async () => {
    const text = 'compress me '.repeat(100)
    const brotli = brotliCompressSync(text)
    await using site = await open({ 'a.js': text, 'a.js.br': brotli, 'a.js.gz': gzipSync(text), 'b.js': text })
    const both = await site.get('/a.js', { 'Accept-Encoding': 'gzip, deflate, br' })
    const plain = await site.get('/a.js')

    expect(brotliDecompressSync(both.body).toString()).toBe(text)
    expect(both.fields.get('content-encoding')).toBe('br')
    expect(both.fields.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(both.fields.get('vary')).toBe('Accept-Encoding')
    expect(plain.body.toString()).toBe(text)
    expect(plain.fields.get('vary')).toBe('Accept-Encoding')
    expect(plain.fields.has('content-encoding')).toBe(false)
    expect(plain.fields.get('etag')).not.toBe(both.fields.get('etag'))

    const gzip = await site.get('/a.js', { 'Accept-Encoding': 'gzip, br;q=0' })
    expect(gzip.fields.get('content-encoding')).toBe('gzip')
    const tag = both.fields.get('etag') ?? ''
    const same = await site.get('/a.js', { 'Accept-Encoding': 'br', 'If-None-Match': tag })
    expect([same.status, same.fields.get('vary')]).toEqual([304, 'Accept-Encoding'])
    expect((await site.get('/a.js', { 'If-None-Match': tag })).status).toBe(200)
    const part = await site.get('/a.js', { 'Accept-Encoding': 'br', Range: 'bytes=0-3' })
    expect(part.body.equals(brotli.subarray(0, 4))).toBe(true)
    expect((await site.get('/b.js', { 'Accept-Encoding': 'br' })).fields.has('vary')).toBe(false)
    expect((await site.get('/a.js.gz')).fields.get('content-type')).toBe('application/gzip')
  })

  it('leaves a packed file alone that is older than the file, or leads out', async () => {
    await using site = await open({ 'a.js': 'new', 'a.js.gz': gzipSync('old'), 'b.js': 'b' })
    utimesSync(join(site.path, 'a.js.gz'), new Date(0), new Date('2019-01-01'))
    symlinkSync('../secret.txt', join(site.path, 'b.js.gz'))

    for (const target of ['/a.js', '/b.js']) {
      const { fields } = await site.get(target, { 'Accept-Encoding': 'gzip' })
      expect(fields.has('content-encoding')).toBe(false)
    }
  })

  it('sees that a packed file has changed', async () => {
    await using site = await open({ 'a.js': 'a', 'a.js.gz': 'one' })
    const says = async (): Promise<string> => (await site.get('/a.js', { 'Accept-Encoding': 'gzip' })).body.toString()

    expect(await says()).toBe('one')
    site.write('a.js.gz', 'two')
    expect(await says()).toBe('two')
    rmSync(join(site.path, 'a.js.gz'))
    expect(await says()).toBe('a')
  })

  it('says that there is a choice as soon as there is one', async () => {
    await using site = await open({ 'a.js': 'a' })
    const fields = async (): Promise<WireAnswer['fields']> => (await site.get('/a.js')).fields

    expect((await fields()).has('vary')).toBe(false)
    site.write('a.js.gz', 'packed')
    await until('the packed file is seen', async () => (await fields()).get('vary') === 'Accept-Encoding')
  })

  it('changes nothing in an answer that somebody else changes', async () => {
    using folder = tempFolder({ 'a.txt': 'a' })
    const given = files(folder.path)
    await using server = await serve(async (request) => {
      const response = await given(request)
      if (request.target === '/a.txt?more') response.headers.set('X-More', 'yes')
      if (request.target === '/a.txt?read') return new Response(`${await response.text()}!`)
      return response
    })
    const get = (target: string): Promise<WireAnswer> => ask(server.address, `GET ${target} HTTP/1.1`)

    for (let round = 0; round < 2; round += 1) {
      expect((await get('/a.txt')).fields.has('x-more')).toBe(false)
      expect((await get('/a.txt?more')).fields.get('x-more')).toBe('yes')
      expect((await get('/a.txt?read')).body.toString()).toBe('a!')
    }
  })

  it('lists a folder, or does not', async () => {
    await using site = await open({ 'sub/<b>.txt': '', 'sub/olá.txt': '' })
    await using silent = await open({ 'sub/a.txt': '' }, { list: false })
    const { status, fields, body } = await site.get('/sub/')

    expect(status).toBe(200)
    expect(fields.get('content-type')).toBe('text/html; charset=utf-8')
    expect(fields.get('content-security-policy')).toContain("default-src 'none'")
    expect(body.toString()).toContain('href="./%3Cb%3E.txt"><bdi>&lt;b&gt;.txt</bdi>')
    expect((await site.get('/sub')).fields.get('location')).toBe('/sub/')
    for (const target of ['/', '/sub', '/sub/']) expect((await silent.get(target)).status).toBe(404)
  })

  it('gives an application of one page at every address, and no page for a picture that is missing', async () => {
    const page = '<!doctype html>app'
    await using site = await open({ 'index.html': page, 'main.js': 'js', 'img/a.png': '' }, { spa: true })
    const says = async (target: string): Promise<string> => (await site.get(target)).body.toString()

    for (const target of ['/', '/users/7', '/users/7/', '/img', '/img/', '/a?b=c.png']) {
      expect([target, await says(target)]).toEqual([target, page])
    }
    expect(await says('/main.js')).toBe('js')
    for (const target of ['/missing.js', '/img/b.png', '/v1.2', '/.env', '/../secret', '/%00']) {
      expect([target, (await site.get(target)).status]).toEqual([target, 404])
    }
    await using empty = await open({}, { spa: true })
    expect((await empty.get('/users/7')).status).toBe(404)
  })

  it('lets scripts of other pages in when it is told to', async () => {
    await using site = await open({ 'a.txt': 'a' }, { cors: true })
    await using closed = await open({ 'a.txt': 'a' })
    const asked = {
      Origin: 'http://x.example',
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'range',
    }
    const preflight = await site.asks('OPTIONS', '/a.txt', asked)
    const { fields } = await site.get('/a.txt')

    expect(fields.get('access-control-allow-origin')).toBe('*')
    expect(fields.get('access-control-expose-headers')).toContain('Content-Range')
    expect((await site.get('/nothing')).fields.get('access-control-allow-origin')).toBe('*')
    expect((await site.get('/a.txt', { 'If-None-Match': '*' })).fields.get('access-control-allow-origin')).toBe('*')
    expect(preflight.status).toBe(204)
    expect(preflight.fields.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
    expect(preflight.fields.get('access-control-allow-headers')).toBe('range')
    for (const answer of [await closed.get('/a.txt'), await closed.asks('OPTIONS', '/a.txt', asked)]) {
      expect([...answer.fields.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('has the Cache-Control that it is told, also by path', async () => {
    await using all = await open({ 'a.txt': '' }, { cacheControl: 'max-age=60' })
    const cacheControl = (path: string): string => (path === '/olá.txt' ? 'immutable' : 'no-cache')
    await using some = await open({ 'a.txt': '', 'olá.txt': '' }, { cacheControl })

    expect((await all.get('/a.txt')).fields.get('cache-control')).toBe('max-age=60')
    expect((await some.get('/a.txt')).fields.get('cache-control')).toBe('no-cache')
    expect((await some.get('/ol%C3%A1.txt')).fields.get('cache-control')).toBe('immutable')
  })

  it('streams a large file whole, also on the same connection again', async () => {
    const bytes = content(3 * MIB + 1)
    await using site = await open({ 'big.bin': bytes })

    for (let round = 0; round < 2; round += 1) expect((await site.get('/big.bin')).body.equals(bytes)).toBe(true)
  })

  it('gives each of many slow readers its own file, though they share memory', async () => {
    const contents = Array.from({ length: 6 }, (_, at) => Buffer.alloc(5 * MIB + at * 1_000, content(997 + at)))
    await using site = await open(Object.fromEntries(contents.map((bytes, at) => [`${at}.bin`, bytes])))
    const download = async (at: number): Promise<boolean> => {
      await using client = await connect(site.server.address)
      await client.sendAll(`GET /${at}.bin HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(2))
      const length = 2 * (contents[at]?.length ?? 0)
      const chunks: Uint8Array[] = []
      for (let bytes = 0; bytes < length; bytes += chunks.at(-1)?.length ?? 0) {
        if (chunks.length % 16 === at) await pause(1)
        chunks.push((await client.recv(65_536)) ?? new Uint8Array())
      }
      const [, first, second] = Buffer.concat(chunks)
        .toString('latin1')
        .split(/HTTP\/1\.1 200 OK[\s\S]*?\r\n\r\n/)
      const wanted = contents[at]?.toString('latin1')
      return first === wanted && wanted?.startsWith(second ?? '-') === true
    }

    expect(await Promise.all(contents.map((_, at) => download(at)))).toEqual(contents.map(() => true))
  })

  it('breaks the connection off when a file becomes shorter while it is sent, and goes on', async () => {
    await using site = await open({ 'big.bin': new Uint8Array(32 * MIB), 'a.txt': 'a' })
    const said = vi.spyOn(console, 'error')
    await using client = await connect(site.server.address)
    await client.sendAll('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await client.recv()
    truncateSync(join(site.path, 'big.bin'), MIB)

    const rest = (async () => {
      let bytes = 0
      for (let chunk = await client.recv(); chunk; chunk = await client.recv()) bytes += chunk.length
      return bytes
    })()
    await expect(rest).rejects.toThrow('ECONNRESET')
    expect((await site.get('/a.txt')).status).toBe(200)
    expect(said).not.toHaveBeenCalled() // it is nobody's fault: no stack
  })

  it('sends what it promised when a file grows while it is sent', async () => {
    await using site = await open({ 'big.bin': new Uint8Array(8 * MIB) })
    await using client = await connect(site.server.address)
    await client.sendAll('GET /big.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    const first = await client.recv()
    appendFileSync(join(site.path, 'big.bin'), new Uint8Array(MIB).fill(1))

    let bytes = first?.length ?? 0
    let last = 0
    for (let chunk = await client.recv(); chunk; chunk = await client.recv()) {
      bytes += chunk.length
      last = chunk.at(-1) ?? 0
    }
    const head = Buffer.from(first ?? []).indexOf('\r\n\r\n') + 4
    expect([bytes - head, last]).toEqual([8 * MIB, 0])
  })

  it('leaves no file open behind a client that goes', async () => {
    await using site = await open({ 'big.bin': new Uint8Array(16 * MIB) })
    const before = openFiles()
    const clients = await Promise.all(Array.from({ length: 10 }, () => connect(site.server.address)))
    for (const client of clients) await client.sendAll('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until('ten files are open', () => openFiles() >= before + 30)
    for (const client of clients) client.abort()

    await until('all of them are closed', () => openFiles() <= before)
    await site.head('/big.bin')
    await site.get('/big.bin', { 'If-None-Match': '*' })
    await until('none is open', () => openFiles() <= before)
  })

  it('serves a folder that is a link, turned to another folder', async () => {
    using folder = tempFolder({ 'one/a.txt': 'one', 'two/a.txt': 'two' })
    const current = join(folder.path, 'current')
    symlinkSync('one', current)
    await using server = await serve(files(current))
    const says = async (): Promise<string> => (await ask(server.address, 'GET /a.txt HTTP/1.1')).body.toString()

    expect(await says()).toBe('one')
    expect(await says()).toBe('one')
    rmSync(current)
    symlinkSync('two', current)
    expect(await says()).toBe('two')
    rmSync(current)
    expect(await says()).toBe('404 Not Found\n')
  })
})

describe('a server of files that closes', () => {
  it('sends what is under way to its end, and does not wait for another request', async () => {
    using folder = tempFolder({ 'big.bin': new Uint8Array(16 * MIB) })
    const server = await serve(files(folder.path))
    await using client = await connect(server.address)
    await client.sendAll('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
    let bytes = (await client.recv())?.length ?? 0
    const began = performance.now()
    const closed = server.close({ deadline: 30_000 })
    for (let chunk = await client.recv(); chunk; chunk = await client.recv()) bytes += chunk.length
    await client.close()
    await closed

    expect(bytes).toBeGreaterThan(16 * MIB)
    expect(performance.now() - began).toBeLessThan(15_000)
  })
})
