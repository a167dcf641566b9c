import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conformance } from '../testing/conformance.ts'
import { receivedHeaders } from './headers.ts'
import { HttpError } from './http-error.ts'
import { type Head, HeadParser } from './parse.ts'

const limits = { headBytes: 16_384, targetBytes: 8192, fields: 100 }

describe('HeadParser', () => {
  it('reads a head, and tells where it ends', () => {
    const parser = new HeadParser(limits)
    const bytes = Buffer.from('..GET /a?b HTTP/1.1\r\nHost: a:80\r\nX-Empty:\r\nAccept: \t*/* \r\n\r\nGET')

    const head = parser.parse(bytes, 2) as Head

    expect(head).toMatchObject({ method: 'GET', target: '/a?b', minor: 1, bodyBytes: 0, keepsAlive: true })
    expect([...receivedHeaders(head)]).toEqual([
      ['accept', '*/*'],
      ['host', 'a:80'],
      ['x-empty', ''],
    ])
    expect(bytes.toString('latin1', 2 + parser.length)).toBe('GET')
  })

  it('tells how the body is framed, and what the client wants', () => {
    expect(read('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n')).toMatchObject({
      bodyBytes: 12,
      expectsContinue: true,
    })
    expect(read('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')).toMatchObject({ bodyBytes: -1 })
    expect(read('GET / HTTP/1.0\r\nExpect: x\r\n\r\n')).toMatchObject({ keepsAlive: false, expectsContinue: false })
    expect(read('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\n')).toMatchObject({ wantsUpgrade: true })
  })

  it('gives the same outcome however the bytes are cut', () => {
    fc.assert(
      fc.property(heads(), fc.array(fc.nat(400), { maxLength: 8 }), fc.nat(5), (text, cuts, base) => {
        const bytes = Buffer.from('.'.repeat(base) + text, 'latin1')
        expect(outcome(bytes, base, cuts)).toEqual(outcome(bytes, base, []))
      }),
      { numRuns: 3000 },
    )
  })

  it('gives the same outcome when every byte comes alone', () => {
    for (const { send } of conformance) {
      const bytes = Buffer.from(send, 'latin1')
      const each = Array.from(bytes, (_, at) => at)
      expect(outcome(bytes, 0, each)).toEqual(outcome(bytes, 0, []))
    }
  })

  it('reads what it accepts as a simple reader does', () => {
    fc.assert(
      fc.property(heads(), (text) => {
        const head = read(text)
        if (head === undefined || head instanceof Error) return
        const [first = '', ...lines] = text.replace(/^[\r\n]+/, '').split(/\r?\n/)
        expect(first).toBe(`${head.method} ${head.target} HTTP/1.${first.at(-1)}`)
        const simple = lines
          .slice(0, lines.indexOf(''))
          .map((line) => /^([^:]+):[ \t]*(.*?)[ \t]*$/.exec(line)?.slice(1))
        expect(names(head).map((name) => [name, receivedHeaders(head).get(name)])).toEqual(
          simple.map((pair) => [
            pair?.[0],
            simple
              .filter((other) => other?.[0]?.toLowerCase() === pair?.[0]?.toLowerCase())
              .map((other) => other?.[1])
              .join(pair?.[0]?.toLowerCase() === 'cookie' ? '; ' : ', '),
          ]),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('reads each byte once, also of a head that comes byte by byte', () => {
    const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(16_300)}\r\n\r\n`)
    let reads = 0
    const counted = new Proxy(bytes, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1
        const value = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const parser = new HeadParser(limits)
    let head: Head | undefined
    for (let length = 1; length <= bytes.length && !head; length += 1) {
      head = parser.parse(
        new Proxy(counted, { get: (target, key) => (key === 'length' ? length : Reflect.get(target, key)) }),
        0,
      )
    }

    expect(head?.method).toBe('GET')
    expect(reads).toBeLessThan(4 * bytes.length)
  })

  it.each(['GET / \r\n', 'GET / X', 'GET / HTTP/1\r', 'GET / HTTP/x'])(
    'refuses at once, and waits for no more of %j',
    (text) => {
      expect(read(text)).toMatchObject({ status: 400, message: 'no version' })
    },
  )

  it('says at once when a head is too long', () => {
    const parser = new HeadParser({ ...limits, headBytes: 100 })
    expect(() => parser.parse(Buffer.from(`GET / HTTP/1.1\r\nA: ${'b'.repeat(100)}`), 0)).toThrow(HttpError)
  })
})

function read(text: string): Head | undefined | HttpError {
  const bytes = Buffer.from(text, 'latin1')
  try {
    return new HeadParser(limits).parse(bytes, 0)
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    return error
  }
}

function names({ bytes, base, marks }: Head): string[] {
  const found: string[] = []
  for (let at = 0; at < marks.length; at += 4) {
    found.push(bytes.toString('latin1', base + (marks[at] as number), base + (marks[at + 1] as number)))
  }
  return found
}

/** What comes out for all heads in these bytes, when they come in pieces. */
function outcome(bytes: Buffer, base: number, cuts: readonly number[]): unknown[] {
  const parser = new HeadParser({ ...limits, headBytes: 300, targetBytes: 40, fields: 6 })
  const found: unknown[] = []
  let at = base
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    const come = bytes.subarray(0, Math.max(cut, at))
    try {
      for (let head = parser.parse(come, at); head; head = parser.parse(come, at)) {
        at += parser.length
        const { bytes: _, base: from, ...rest } = head
        found.push({ from, ...rest }, [...receivedHeaders(head)])
      }
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      return [...found, error.status, error.message]
    }
  }
  return [...found, parser.hasBegun]
}

/** Requests, most of them nearly right. */
function heads(): fc.Arbitrary<string> {
  const end = fc.oneof({ weight: 8, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r', '\r\r\n', ''))
  const part = fc.oneof(
    fc.constantFrom('Host: a', 'Host: [::1]:80', 'Host: a b', 'Content-Length: 3', 'Content-Length: x', 'A:', 'A: b '),
    fc.constantFrom('Transfer-Encoding: chunked', 'Connection: close', 'Expect: 100-continue', ' fold', 'no colon'),
    fc.constantFrom('Cookie: a=b', 'cookie: c=d', 'A : b', 'Host:', 'A: b\0'),
    fc.string({ maxLength: 30 }),
  )
  const first = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        'GET / HTTP/1.1',
        'POST /a?b HTTP/1.0',
        'OPTIONS * HTTP/1.1',
        'GET http://a/ HTTP/1.1',
      ),
    },
    fc.constantFrom('', 'GET  / HTTP/1.1', 'GET / HTTP/2.0', 'GET /', `GET /${'a'.repeat(50)} HTTP/1.1`),
    fc.string({ maxLength: 30 }),
  )
  const line = fc.tuple(part, end).map((two) => two.join(''))
  const host = fc.constantFrom('Host: a\r\n', '')
  const one = fc.tuple(
    first,
    end,
    host,
    fc.array(line, { maxLength: 8 }).map((all) => all.join('')),
    end,
  )
  return fc
    .array(
      one.map((all) => all.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map((all) => all.join(''))
}
