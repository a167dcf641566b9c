import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quote } from './quote.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const of = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)

describe('quote', () => {
  it('shows UTF-8 text as text', () => {
    expect(quote(utf8('olá, ☕ 日本 🙂'))).toBe('"olá, ☕ 日本 🙂"')
    expect(quote(of())).toBe('""')
  })

  it('names the bytes that have a name', () => {
    expect(quote(utf8('a\n\r\t\0"\\'))).toBe(String.raw`"a\n\r\t\0\"\\"`)
  })

  it('never lets a zero run into a digit', () => {
    expect(quote(utf8('\x001'))).toBe(String.raw`"\x001"`)
  })

  it.each([
    ['an escape sequence', utf8('\x1b[2J\x7f'), String.raw`"\x1b[2J\x7f"`],
    ['a C1 control', utf8('\u009b'), String.raw`"\xc2\x9b"`],
    ['text turned around', utf8('a\u202eb\u2066\u200f'), String.raw`"a\xe2\x80\xaeb\xe2\x81\xa6\xe2\x80\x8f"`],
    ['spaces that are none', utf8('\u00a0\u2028\ufeff'), String.raw`"\xc2\xa0\xe2\x80\xa8\xef\xbb\xbf"`],
    ['a lone continuation byte', of(0x80, 0x41), String.raw`"\x80A"`],
    ['a character that never ends', of(0xe2, 0x98, 0x41), String.raw`"\xe2\x98A"`],
    ['a form that is too long', of(0xc0, 0xaf, 0xe0, 0x80, 0xaf), String.raw`"\xc0\xaf\xe0\x80\xaf"`],
    ['a surrogate', of(0xed, 0xa0, 0x80), String.raw`"\xed\xa0\x80"`],
    ['what lies beyond Unicode', of(0xf4, 0x90, 0x80, 0x80), String.raw`"\xf4\x90\x80\x80"`],
  ])('shows %s byte by byte', (_what, data, shown) => {
    expect(quote(data)).toBe(shown)
  })

  it('shows the byte where a chunk ends within a character', () => {
    expect(quote(of(0x61, 0xc3))).toBe(String.raw`"a\xc3"`)
  })

  it('says that there was more, and leaves out the character that was cut', () => {
    expect(quote(of(0x61, 0xc3), { total: 3 })).toBe('"a"…')
    expect(quote(utf8('ab'), { total: 3 })).toBe('"ab"…')
  })

  it('keeps within its width, whole escapes only', () => {
    expect(quote(utf8('abcdef'), { width: 8 })).toBe('"abcdef"')
    expect(quote(utf8('abcdefg'), { width: 8 })).toBe('"abcde"…')
    expect(quote(utf8('abc\x1bef'), { width: 9 })).toBe('"abc"…')
    expect(quote(utf8('abcdef'), { width: 8, total: 7 })).toBe('"abcde"…')
  })

  it('shows what TextDecoder would show, wherever nothing is escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const shown = quote(utf8(text))
        if (!shown.includes('\\')) expect(shown).toBe(`"${text}"`)
      }),
    )
  })

  it('shows every byte exactly once', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        expect(unquote(quote(data))).toEqual([...data])
      }),
    )
  })
})

/** The bytes that a quoted text stands for. */
function unquote(shown: string): number[] {
  const bytes: number[] = []
  const names: Record<string, number> = { n: 10, r: 13, t: 9, '0': 0, '"': 34, '\\': 92 }
  for (const [piece] of shown.slice(1, -1).matchAll(/\\x..|\\.|./gsu)) {
    if (piece.startsWith('\\x')) bytes.push(Number.parseInt(piece.slice(2), 16))
    else if (piece.startsWith('\\')) bytes.push(names[piece.slice(1)] as number)
    else bytes.push(...utf8(piece))
  }
  return bytes
}
