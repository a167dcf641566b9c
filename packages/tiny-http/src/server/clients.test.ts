import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProgramProcess, requiresProgram, startProgram, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { type Request, Response } from './message.ts'
import { serve } from './server.ts'

describe('serve, real clients', () => {
  it('is understood by curl', async (context) => {
    const curl = [requiresProgram(context, 'curl'), '--silent', '--show-error', '--noproxy', '*']
    await using server = await serve(answer)

    expect(await said([...curl, `${server.url}a`, `${server.url}b`, '--write-out', '%{num_connects} '])).toBe(
      'GET /a1 GET /b0 ',
    )
    expect(await said([...curl, '--data', 'olá', server.url])).toBe('olá')
    expect(await said([...curl, '--http1.0', `${server.url}a`])).toBe('GET /a')
    expect(await said([...curl, '--head', server.url])).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 6\r\n\r\n$/,
    )
    expect(await said([...curl, '--request-target', '*', '--request', 'OPTIONS', server.url])).toBe('OPTIONS *')
    expect(await said([...curl, '--header', 'Transfer-Encoding: chunked', '--data', 'a'.repeat(100), server.url])).toBe(
      'a'.repeat(100),
    )
    expect(await said([...curl, `${server.url}stream`])).toBe('0\n1\n2\n')
  })

  it('takes a long upload from curl, which waits for its 100, and gives it back', async (context) => {
    const curl = [requiresProgram(context, 'curl'), '--silent', '--show-error', '--noproxy', '*']
    using folder = tempFolder()
    const sent = join(folder.path, 'sent')
    const got = join(folder.path, 'got')
    writeFileSync(sent, Buffer.alloc(20 << 20, 'all the bytes there are'))
    await using server = await serve(answer)

    for (const coding of ['X: y', 'Transfer-Encoding: chunked']) {
      await said([...curl, '--header', coding, '--data-binary', `@${sent}`, '--output', got, `${server.url}echo`])
      expect(digest(got)).toBe(digest(sent))
    }
  })

  it('is understood by wget', async (context) => {
    const wget = [requiresProgram(context, 'wget'), '--no-proxy', '--quiet', '--output-document=-']
    await using server = await serve(answer)

    expect(await said([...wget, `${server.url}a`, `${server.url}b`])).toBe('GET /aGET /b')
    expect(await said([...wget, '--post-data=olá', server.url])).toBe('olá')
    expect(await said([...wget, `${server.url}stream`])).toBe('0\n1\n2\n')
  })

  it.for<[string, string[]]>([
    ['a connection each', []],
    ['keep-alive', ['-k']],
  ])('answers all that ab asks, %s', async ([, more], context) => {
    const ab = requiresProgram(context, 'ab')
    await using server = await serve(answer)

    const report = await said([ab, '-q', '-n', '3000', '-c', '50', ...more, server.url])

    expect(report).toMatch(/Complete requests: +3000\nFailed requests: +0\n/)
  })

  it.for<[string, string[]]>([
    ['slow heads', ['-H', '-i', '1']],
    ['slow bodies', ['-B', '-i', '1', '-s', '8192']],
    ['slow readers', ['-X', '-w', '10', '-y', '20', '-z', '5', '-n', '1', '-k', '3']],
  ])('serves others under slowhttptest, and rids itself of it: %s', async ([, attack], context) => {
    const slowhttptest = requiresProgram(context, 'slowhttptest')
    const limits = { headMs: 1500, idleMs: 1500, bodyGraceMs: 1000, stallMs: 1000, bodyRate: 1000 }
    await using server = await serve(answer, { limits })
    await using _attacker = startProgram([
      slowhttptest,
      '-c',
      '50',
      '-r',
      '50',
      '-l',
      '7',
      ...attack,
      '-u',
      `${server.url}long`,
    ])

    await until('it attacks', () => server.connections > 20)
    expect(await (await fetch(`${server.url}a`, { headers: { connection: 'close' } })).text()).toBe('GET /a')
    await until('all of it is gone', () => server.connections === 0, 8_000)
  })
})

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/long')
    return new Response(request.method === 'POST' ? await request.text() : Buffer.alloc(8 << 20))
  if (pathname === '/echo') return new Response(request.body)
  if (request.method === 'POST') return new Response(await request.text())
  if (pathname !== '/stream') return new Response(`${request.method} ${request.target.replace(/^http:..[^/]*/, '')}`)
  return new Response(
    (async function* () {
      for (let line = 0; line < 3; line += 1) yield Buffer.from(`${line}\n`)
    })(),
  )
}

/** What a program says, which must end well. */
async function said(command: string[]): Promise<string> {
  await using program: ProgramProcess = startProgram(command)
  expect([await program.ends(), program.stderr]).toEqual([0, ''])
  return program.stdout
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

function tempFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'fund-tiny-http-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
