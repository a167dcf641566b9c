import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conformance } from '../testing/conformance.ts'
import { exchange, type Outcome } from '../testing/exchange.ts'
import { type Request, Response } from './message.ts'
import { type Server, serve } from './server.ts'

let server: Server

beforeAll(async () => {
  server = await serve(answer, { limits: { bodyBytes: 1 << 20 } })
})

afterAll(() => server.close())

async function answer(request: Request): Promise<Response> {
  if (request.method === 'POST') return new Response(await request.bytes())
  const text = `${request.method} ${request.target}`
  if (request.target === '/slow') await pause(5)
  if (request.target !== '/stream') return new Response(text)
  return new Response(
    (async function* () {
      for (const letter of text) yield Buffer.from(letter)
    })(),
  )
}

describe('conformance', () => {
  it.each(conformance)('$section: $what', async ({ send, gives }) => {
    const methods = /^HEAD/.test(send) ? ['HEAD'] : []

    const whole = told(await exchange(server.address, [send], methods))
    const cut = told(await exchange(server.address, [...send].length > 2000 ? halves(send) : [...send], methods))

    expect(gives.map((one) => matching(one, whole))).toContain(whole)
    expect(cut).toBe(whole)
  })

  it('has a case for whatever a server may get wrong', () => {
    expect(conformance.length).toBeGreaterThanOrEqual(150)
    expect(new Set(conformance.map(({ section, what }) => `${section} ${what}`)).size).toBe(conformance.length)
  })
})

/** An outcome as the cases write it. */
function told({ answers, isClosed }: Outcome): string {
  return `${answers.map(({ status, body }) => `${status}=${body.toString('latin1')}`).join(' ')}${isClosed ? '!' : ''}`
}

/** What a case says, with the bodies filled in that it does not care for. */
function matching(gives: string, outcome: string): string {
  const isClosed = gives.endsWith('!')
  const wanted = (isClosed ? gives.slice(0, -1) : gives).split(SPLIT)
  const had = (outcome.endsWith('!') ? outcome.slice(0, -1) : outcome).split(SPLIT)
  const filled = wanted.map((one, at) => (one.includes('=') ? one : had[at]?.startsWith(`${one}=`) ? had[at] : one))
  return `${filled.join(' ')}${isClosed ? '!' : ''}`
}

const SPLIT = / (?=\d{3}(?:[=! ]|$))/

function halves(text: string): string[] {
  const middle = text.length >> 1
  return [text.slice(0, middle), text.slice(middle)]
}
