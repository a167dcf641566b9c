import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Address, type Connection, connect, type Listener, listen } from '@fund/net-core'
import { lacking, readAll, requiresProgram, startProgram, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { cpuMs } from './testing/cpu-ms.ts'
import { parseRequest, tinyHttp } from './tiny-http.ts'

const SENTENCE = 'Este é o conteúdo do recurso "/" neste servidor.\n'
const isWindows = process.platform === 'win32'
const CANARY = 'nobody outside may see this'

describe('parseRequest', () => {
  it('reads the request line, the fields and the body', () => {
    const { method, target, version, fields, body } = parseRequest(
      'GET /a?b=c HTTP/1.1\r\nHost: localhost:9090\r\nX-EMPTY:\r\naccept:text/html\r\nAccept: \t*/*  \r\n\r\na\r\n\r\nb',
    )

    expect({ method, target, version }).toEqual({ method: 'GET', target: '/a?b=c', version: '1.1' })
    expect(body).toBe('a\r\n\r\nb')
    expect(Object.fromEntries(fields)).toEqual({ host: 'localhost:9090', 'x-empty': '', accept: 'text/html, */*' })
  })

  it('reads lines that end in LF alone, or now so and now so', () => {
    expect([...parseRequest('GET / HTTP/1.0\nA: 1\r\nB: 2').fields]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ])
  })

  it.each([
    'LIXO',
    'GET /',
    'GET  / HTTP/1.1',
    ' GET / HTTP/1.1',
    'GET / HTTP/1.1 ',
    'GET / http/1.1',
    'GET / HTTP/9.9',
    'GET / HTTP/1',
    'GET /a b HTTP/1.1',
    'GET /é HTTP/1.1',
    'G(T / HTTP/1.1',
    'GET / HTTP/1.1\r\nno colon',
    'GET / HTTP/1.1\r\n: no name',
    'GET / HTTP/1.1\r\nHost : localhost',
    'GET / HTTP/1.1\r\nA: 1\r\n folded',
    'GET / HTTP/1.1\r\nA: 1\rB: 2',
    'GET / HTTP/1.1\r\nA: \0',
    '\0\x01\x02',
  ])('refuses %j', (head) => {
    expect(() => parseRequest(head)).toThrow('Bad Request')
  })

  it('takes no longer over a hostile field than over another', () => {
    const took = cpuMs(() => {
      expect(() => parseRequest(`GET / HTTP/1.1\r\nA:${' '.repeat(16_000)}\0`)).toThrow('Bad Request')
    })
    expect(took).toBeLessThan(100)
  })
})

describe('tinyHttp', () => {
  it('answers GET / with a sentence', async () => {
    await using server = await open()

    const answer = await server.asks('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')

    expect(answer.raw.toString()).toBe(
      `HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 51\r\nConnection: close\r\n\r\n${SENTENCE}`,
    )
  })

  it('answers GET / with index.html when there is one', async () => {
    await using server = await open({ 'index.html': '<h1>Olá</h1>' })

    const answer = await server.asks('GET /?a=1 HTTP/1.1\r\nHost: localhost\r\n\r\n')

    expect(answer.status).toBe(200)
    expect(answer.fields['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.body.toString()).toBe('<h1>Olá</h1>')
  })

  it.each([
    ['LF alone', 'GET / HTTP/1.1\nHost: localhost\n\n'],
    ['LF and CRLF', 'GET / HTTP/1.1\r\nHost: localhost\n\r\n'],
    ['CRLF and LF', 'GET / HTTP/1.1\nHost: localhost\r\n\n'],
    ['an empty line before it', '\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a field in UTF-8', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Name: ção\u2028\r\n\r\n'],
    ['the version before', 'GET / HTTP/1.0\r\n\r\n'],
    ['a query', 'GET /?a=1&b=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['its long form', 'GET http://localhost:9090/ HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['something behind it', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /second HTTP/1.1\r\n\r\n'],
  ])('takes a request with %s', async (_, request) => {
    await using server = await open()

    const answer = await server.asks(request)

    expect(answer.status).toBe(200)
    expect(answer.body.toString()).toBe(SENTENCE)
  })

  it('puts a request together, wherever it is cut', async () => {
    await using server = await open({ 'a.txt': 'a' })
    const request = 'GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n'

    for (let cut = 1; cut < request.length; cut += 1) {
      const answer = await server.asks(request.slice(0, cut), request.slice(cut))
      expect(answer.body.toString()).toBe('a')
    }
    expect((await server.asks(...request)).body.toString()).toBe('a')
  })

  it.each([
    'POST / HTTP/1.1',
    'DELETE / HTTP/1.1',
    'PUT /a.txt HTTP/1.1',
    'BREW / HTTP/1.1',
    'get / HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'POST /there-is-no-such-file HTTP/1.1',
  ])('answers %j with 405', async (line) => {
    await using server = await open({ 'a.txt': 'a' })

    const answer = await server.asks(`${line}\r\nHost: localhost\r\n\r\n`)

    expect(answer.status).toBe(405)
    expect(answer.fields.allow).toBe('GET')
    expect(answer.body.toString()).toBe('405 Method Not Allowed\n')
  })

  it('sends no body to HEAD', async () => {
    await using server = await open()

    const answer = await ask(server.address, ['HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n'], { isHead: true })

    expect(answer.status).toBe(405)
    expect(answer.body.length).toBe(0)
  })

  it('lets the 405 through to a client that sends a long body', async () => {
    await using server = await open()
    const body = Buffer.alloc(1 << 20, 'x')

    const answer = await server.asks(
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`,
      body,
    )

    expect(answer.status).toBe(405)
    expect(answer.body.toString()).toBe('405 Method Not Allowed\n')
  })

  it.each([
    'LIXO\r\n\r\n',
    'GET /\r\n\r\n',
    'GET / HTTP/1.1\r\nno colon\r\n\r\n',
    'GET no-slash HTTP/1.1\r\n\r\n',
    'GET /%zz HTTP/1.1\r\n\r\n',
    'GET /%ff HTTP/1.1\r\n\r\n',
    Buffer.from([0xff, 0xfe, 0x00, 0x0d, 0x0a, 0x0d, 0x0a]),
  ])('answers %j with 400', async (request) => {
    await using server = await open()

    const answer = await server.asks(request)

    expect(answer.status).toBe(400)
    expect(answer.body.toString()).toBe('400 Bad Request\n')
  })

  it('answers a request that ends in the middle with 400, and none with nothing', async () => {
    await using server = await open()

    expect((await server.asks('GET / HTTP/1.1\r\nHost: loc', null)).status).toBe(400)

    await using silent = await connect(server.address)
    await silent.closeWrite()
    expect(await silent.recv()).toBe(null)
  })

  it('answers a head of more than 16 KiB with 431', async () => {
    await using server = await open()
    const head = (length: number): string => {
      const begin = 'GET / HTTP/1.1\r\nCookie: '
      return `${begin}${'x'.repeat(length - begin.length)}`
    }

    expect((await server.asks(`${head(16_384)}\r\n\r\n`)).status).toBe(200)
    expect((await server.asks(`${head(16_385)}\r\n\r\n`)).status).toBe(431)
    expect((await server.asks(head(100_000))).status).toBe(431)
  })
})

describe('tinyHttp, the files', () => {
  it.each([
    ['a.txt', 'text/plain; charset=utf-8'],
    ['a.html', 'text/html; charset=utf-8'],
    ['A.HTML', 'text/html; charset=utf-8'],
    ['a.css', 'text/css; charset=utf-8'],
    ['a.js', 'text/javascript; charset=utf-8'],
    ['a.png', 'application/octet-stream'],
    ['a.tar.unknown', 'application/octet-stream'],
    ['no-ending', 'application/octet-stream'],
  ])('says what %s is', async (name, type) => {
    await using server = await open({ [name]: 'ção' })

    const answer = await server.gets(`/${name}`)

    expect(answer.status).toBe(200)
    expect(answer.fields['content-type']).toBe(type)
    expect(answer.body.toString()).toBe('ção')
    expect(answer.fields['content-length']).toBe('5')
  })

  it('sends every byte as it is', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at))
    await using server = await open({ 'all.png': bytes, 'nothing.txt': '' })

    expect((await server.gets('/all.png')).body).toEqual(bytes)
    const empty = await server.gets('/nothing.txt')
    expect([empty.status, empty.fields['content-length'], empty.body.length]).toEqual([200, '0', 0])
  })

  it('finds names with spaces and accents, and files in folders', async () => {
    await using server = await open({ 'olá mundo.txt': '1', 'sub/b.txt': '2', '100%.txt': '3', 'a..b.txt': '4' })

    const paths = ['/ol%C3%A1%20mundo.txt', '/sub/b.txt', '/sub%2Fb.txt', '//sub//b.txt', '/100%25.txt', '/a..b.txt']
    const bodies = await Promise.all(paths.map(async (path) => (await server.gets(path)).body.toString()))

    expect(bodies).toEqual(['1', '2', '2', '2', '3', '4'])
  })

  it.each(['/no-such-file', '/sub', '/sub/', '/a.txt/', '/a.txt/b', '/index.html', `/${'x'.repeat(300)}`])(
    'answers %s with 404',
    async (path) => {
      await using server = await open({ 'a.txt': 'a', 'sub/b.txt': 'b' })

      const answer = await server.gets(path)

      expect(answer.status).toBe(404)
      expect(answer.fields['content-type']).toBe('text/plain; charset=utf-8')
      expect(answer.body.toString()).toBe('404 Not Found\n')
    },
  )

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/sub/../../secret.txt',
    '/sub/%2e%2e/%2e%2e/secret.txt',
    '/..\\secret.txt',
    '/%5c..%5csecret.txt',
    '/..%5csecret.txt',
    '/./../secret.txt',
    '//../secret.txt',
    '/%252e%252e/secret.txt',
    '/a.txt%00/../../secret.txt',
    '/%00',
    '/.hidden',
    '/.git/config',
    '/sub/.env',
    '/%2egit/config',
    '/link-out.txt',
    '/folder-out/secret.txt',
    '/link-to-hidden.txt',
    '/.link-in.txt',
    '/back%5cslash.txt',
  ])('keeps %s to itself', async (path) => {
    const hidden = { '.hidden': CANARY, '.git/config': CANARY, 'sub/.env': CANARY }
    await using server = await open({ ...hidden, 'a.txt': CANARY })
    if (!isWindows) {
      writeFileSync(join(server.folder, 'back\\slash.txt'), CANARY)
      symlinkSync('a.txt', join(server.folder, '.link-in.txt'))
      symlinkSync('../secret.txt', join(server.folder, 'link-out.txt'))
      symlinkSync('..', join(server.folder, 'folder-out'))
      symlinkSync('.hidden', join(server.folder, 'link-to-hidden.txt'))
    }

    const answer = await server.gets(path)

    expect(answer.status).toBe(404)
    expect(answer.raw.toString()).not.toContain(CANARY)
  })

  it('gives no file whose whole path is asked for', async () => {
    await using server = await open({ 'a.txt': 'a' })

    expect((await server.gets(join(server.folder, '../secret.txt'))).status).toBe(404)
    expect((await server.gets(join(server.folder, 'a.txt'))).status).toBe(404)
  })

  it('follows a link that stays in the folder, also when the folder is one', async (context) => {
    if (isWindows) lacking(context, 'needs links that everybody may make')
    await using server = await open({ 'a.txt': 'a' })
    symlinkSync('a.txt', join(server.folder, 'link.txt'))
    const link = join(server.folder, '../link-to-folder')
    symlinkSync(server.folder, link)
    await using second = await serve(link)

    expect((await get(second.listener.address, '/link.txt')).body.toString()).toBe('a')
  })

  it('does not wait for a pipe', async (context) => {
    if (isWindows) lacking(context, 'needs named pipes')
    await using server = await open()
    execFileSync('mkfifo', [join(server.folder, 'pipe.txt')])

    expect((await server.gets('/pipe.txt')).status).toBe(404)
  })

  it('sends a long file whole to a client that reads slowly', async () => {
    const bytes = Buffer.alloc(20 << 20)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at)
    await using server = await open({ 'long.bin': bytes })
    await using client = await connect(server.address)
    await client.sendAll('GET /long.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until('the server has begun', () => server.listener.stats.accepted === 1)

    // Meanwhile another one is served, and more than once: the first one's file waits for its reader.
    for (let round = 0; round < 20; round += 1) expect((await server.gets('/')).status).toBe(200)
    const answer = parse(await readAll(client))

    expect(answer.fields['content-length']).toBe(`${bytes.length}`)
    expect(answer.body.equals(bytes)).toBe(true)
  })
})

describe('tinyHttp, who behaves badly', () => {
  it('gives a silent client and one that sends a byte now and then the same time, and 408', async () => {
    await using server = await open({}, 2_000)
    const start = performance.now()
    await using silent = await connect(server.address)
    await using dripping = await connect(server.address)
    let isOver = false
    const drip = async (): Promise<void> => {
      while (!isOver) {
        await dripping.sendAll('x')
        await pause(20)
      }
    }
    const dripped = drip().catch((error: unknown) => error)

    expect((await server.gets('/')).status).toBe(200) // nobody else waits
    const answers = await Promise.all([silent, dripping].map(async (client) => parse(await readAll(client))))
    isOver = true
    await dripped

    expect(answers.map(({ status }) => status)).toEqual([408, 408])
    expect(performance.now() - start).toBeGreaterThan(1_999)
  })

  it('buys nobody time by a byte that comes late', async () => {
    await using server = await open({}, 500)
    const order: string[] = []
    const end = async (name: string, client: Connection): Promise<void> => {
      expect(parse(await readAll(client)).status).toBe(408)
      order.push(name)
    }
    await using late = await connect(server.address)
    const first = end('sent a byte', late)
    await pause(250)
    await using silent = await connect(server.address)
    const second = end('came later and is silent', silent)
    await pause(100)
    await late.sendAll('G')

    await Promise.all([first, second])

    expect(order).toEqual(['sent a byte', 'came later and is silent'])
  })

  it('drops a client that takes nothing of a long answer', async () => {
    await using server = await open({ 'long.bin': Buffer.alloc(32 << 20) }, 2_000)
    await using stuck = await connect(server.address)
    await stuck.sendAll('GET /long.bin HTTP/1.1\r\n\r\n')
    await until('it is served', () => server.listener.stats.active === 1)

    expect((await server.gets('/')).status).toBe(200)
    await until('it is dropped', () => server.listener.stats.active === 0)

    await expect(readAll(stuck)).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('bears clients that break off at any moment', async () => {
    await using server = await open({ 'long.bin': Buffer.alloc(8 << 20) })
    const request = 'GET /long.bin HTTP/1.1\r\nHost: localhost\r\n\r\n'

    for (let round = 0; round < 30; round += 1) {
      const client = await connect(server.address)
      await client.sendAll(request.slice(0, (round * 7) % (request.length + 7)))
      if (round % 3 === 1) await pause(1)
      if (round % 3 === 2) await client.recv(100, { timeout: 20 }).catch(() => null)
      client.abort()
    }

    expect((await server.gets('/')).status).toBe(200)
    await until('all of them are gone', () => server.listener.stats.active === 0)
  })

  it('answers a hundred at once', async () => {
    await using server = await open({ 'a.txt': 'a' })

    const answers = await Promise.all(Array.from({ length: 100 }, () => server.gets('/a.txt')))

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  })
})

describe('tinyHttp, real clients', () => {
  it('is understood by fetch', async () => {
    await using server = await open({ 'a.json': '{"a":1}' })
    const { host, port } = server.address

    const response = await fetch(`http://${host}:${port}/a.json`)

    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ a: 1 })
  })

  it('is understood by curl', async (context) => {
    const curl = requiresProgram(context, 'curl')
    await using server = await open({ 'a.txt': 'olá\n' })
    const { host, port } = server.address
    const url = `http://${host}:${port}`

    await using get = startProgram([curl, '--silent', '--show-error', '--noproxy', '*', `${url}/a.txt`, `${url}/`])
    const post = [curl, '--silent', '--noproxy', '*', '--data', 'x', '--write-out', '%{http_code}', `${url}/`]
    await using posted = startProgram(post)

    expect(await get.ends()).toBe(0)
    expect(get.stderr).toBe('')
    expect(get.stdout).toBe(`olá\n${SENTENCE}`)
    expect(await posted.ends()).toBe(0)
    expect(posted.stdout).toBe('405 Method Not Allowed\n405')
  })
})

interface Answer {
  readonly raw: Buffer
  readonly status: number
  readonly fields: Record<string, string>
  readonly body: Buffer
}

/** Takes an answer apart, and holds it to its own words. */
function parse(raw: Buffer, { isHead = false } = {}): Answer {
  const end = raw.indexOf('\r\n\r\n')
  const [first = '', ...lines] = raw.subarray(0, end).toString().split('\r\n')
  const [, status] = /^HTTP\/1\.1 (\d{3}) [A-Z][\w ]+$/.exec(first) ?? []
  const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/) as [string, string]))
  const small = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]))
  const body = raw.subarray(end + 4)
  if (!isHead) expect(small['content-length']).toBe(`${body.length}`)
  expect(small.connection).toBe('close')
  return { raw, status: Number(status), fields: small, body }
}

/** Sends a request, in pieces with a moment between them; `null` is the FIN. Gives the answer. */
async function ask(
  address: Address,
  pieces: readonly (string | Uint8Array | null)[],
  options?: { isHead?: boolean },
): Promise<Answer> {
  await using client = await connect(address)
  const sending = (async () => {
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) await pause(1)
      if (piece === null) await client.closeWrite()
      else await client.sendAll(piece)
    }
  })()
  const [raw] = await Promise.all([readAll(client), sending])
  return parse(raw, options)
}

function get(address: Address, path: string): Promise<Answer> {
  return ask(address, [`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`])
}

interface Server extends AsyncDisposable {
  readonly listener: Listener
}

async function serve(folder: string, timeout?: number): Promise<Server> {
  const listener = await listen({ port: 0 })
  const serving = tinyHttp(listener, { folder, timeout })
  return {
    listener,
    async [Symbol.asyncDispose]() {
      await listener.shutdown({ deadline: 2_000 })
      await serving
    },
  }
}

interface FolderServer extends Server {
  readonly folder: string
  readonly address: Address
  readonly asks: (...pieces: (string | Uint8Array | null)[]) => Promise<Answer>
  readonly gets: (path: string) => Promise<Answer>
}

/** A server of a folder with these files, beside which lies a secret. */
async function open(files: Record<string, string | Uint8Array> = {}, timeout?: number): Promise<FolderServer> {
  const outside = mkdtempSync(join(tmpdir(), 'fund-tiny-http-'))
  const folder = join(outside, 'folder')
  mkdirSync(folder)
  writeFileSync(join(outside, 'secret.txt'), CANARY)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const server = await serve(folder, timeout)
  const { address } = server.listener
  return {
    ...server,
    folder,
    address,
    asks: (...pieces) => ask(address, pieces),
    gets: (path) => get(address, path),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      rmSync(outside, { recursive: true })
    },
  }
}
