import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accessLog, type Exchange } from './log.ts'

const exchange: Exchange = {
  ip: '127.0.0.1',
  method: 'GET',
  target: '/sub/a.txt?b=c',
  status: 200,
  bytes: 1234,
  ms: 3.4,
  isCut: false,
}

/** The line that an exchange gives, without its time. */
function line(part: Partial<Exchange>, { colour = false, language = 'en' as 'en' | 'pt' } = {}): string {
  let said = ''
  const log = accessLog({ write: (text) => (said += text), colour, language })
  log({ ...exchange, ...part })
  return said.replace(/\d\d:\d\d:\d\d /, '')
}

describe('accessLog', () => {
  it('writes who asked for what, and got what', () => {
    expect(line({})).toBe('127.0.0.1 200 GET /sub/a.txt?b=c 1.2 KiB 3 ms\n')
    expect(line({ status: 404, bytes: 14, ms: 0.04 })).toBe('127.0.0.1 404 GET /sub/a.txt?b=c 14 B 0.1 ms\n')
    expect(line({ bytes: 10 * 1024 * 1024, ms: 12_345 })).toBe('127.0.0.1 200 GET /sub/a.txt?b=c 10 MiB 12 s\n')
    expect(line({ method: '', target: '', status: 400, bytes: 0, ms: 0 })).toBe('127.0.0.1 400 - 0 B 0 ms\n')
  })

  it('says when an answer was cut off', () => {
    expect(line({ isCut: true })).toBe('127.0.0.1 200 GET /sub/a.txt?b=c 1.2 KiB 3 ms, cut off\n')
    expect(line({ isCut: true }, { language: 'pt' })).toContain(', interrompida\n')
  })

  it('begins with the time of day', () => {
    let said = ''
    accessLog({ write: (text) => (said += text), colour: false, language: 'en' })(exchange)

    expect(said).toMatch(/^\d\d:\d\d:\d\d 127/)
  })

  it('colours when it may', () => {
    expect(line({}, { colour: true })).toBe(
      '\x1b[2m127.0.0.1\x1b[22m \x1b[32m200\x1b[39m GET /sub/a.txt?b=c \x1b[2m1.2 KiB 3 ms\x1b[22m\n',
    )
    for (const [status, code] of [
      [304, 36],
      [404, 33],
      [500, 31],
    ] as const) {
      expect(line({ status }, { colour: true })).toContain(`\x1b[${code}m${status}`)
    }
  })

  it('is one line of plain letters, whatever comes', () => {
    const any = fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(any, any, any, (ip, method, target) => {
        expect(line({ ip, method: `X${method}`, target })).toMatch(/^[\x20-\x7e]*\n$/)
      }),
    )
    expect(line({ target: '/a\r\n15:00:00 127.0.0.1 200 GET /b\x1b[2J\u202e' })).toBe(
      '127.0.0.1 200 GET /a\\x0d\\x0a15:00:00\\x20127.0.0.1\\x20200\\x20GET\\x20/b\\x1b[2J\\u202e 1.2 KiB 3 ms\n',
    )
  })

  it('cuts a target of eight thousand letters', () => {
    expect(line({ target: `/${'a'.repeat(8_000)}` }).length).toBeLessThan(600)
  })
})
