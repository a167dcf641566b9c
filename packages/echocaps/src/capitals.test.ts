import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Capitals } from './capitals.ts'

/** The capitals of a stream that comes in these chunks. */
function capitalsOf(...chunks: Uint8Array[]): Buffer {
  const capitals = new Capitals()
  const parts = chunks.map((chunk) => Buffer.from(capitals.of(chunk)))
  return Buffer.concat([...parts, capitals.rest()])
}

function bytes(...values: number[]): Buffer {
  return Buffer.from(values)
}

describe('Capitals', () => {
  it.each([
    ['abc xyz 123 !?\n', 'ABC XYZ 123 !?\n'],
    ['ALREADY\r\n\0\t~', 'ALREADY\r\n\0\t~'],
    ['ação é útil, coração\n', 'AÇÃO É ÚTIL, CORAÇÃO\n'],
    ['ελληνικά, кириллица, ქართული', 'ΕΛΛΗΝΙΚΆ, КИРИЛЛИЦА, ᲥᲐᲠᲗᲣᲚᲘ'],
    ['日本 🎉 👩‍👩‍👧', '日本 🎉 👩‍👩‍👧'],
    ['𐐨 deseret', '𐐀 DESERET'], // letters of four bytes
    ['ß ﬃ ŉ', 'SS FFI ʼN'], // one letter, several capitals
    ['i ı', 'I I'], // in no country's spelling
    ['\ufeffa', '\ufeffA'], // a byte order mark is a character like any other here
    ['', ''],
  ])('makes %j into %j', (text, capitals) => {
    expect(capitalsOf(Buffer.from(text)).toString()).toBe(capitals)
  })

  it('gives a character its capital, wherever it is cut', () => {
    const text = 'ção, 日本 é 🎉 ß𐐨\n'
    const whole = Buffer.from(text)

    for (let cut = 0; cut <= whole.length; cut += 1) {
      expect(capitalsOf(whole.subarray(0, cut), whole.subarray(cut)).toString()).toBe(text.toUpperCase())
    }
    expect(capitalsOf(...Array.from(whole, (byte) => bytes(byte))).toString()).toBe(text.toUpperCase())
  })

  it('gives at once what is complete, and holds back what is not', () => {
    const capitals = new Capitals()
    expect(Buffer.from(capitals.of(bytes(0x61, 0xf0, 0x9f))).toString()).toBe('A')
    expect(Buffer.from(capitals.of(bytes(0x8e)))).toEqual(bytes())
    expect(Buffer.from(capitals.of(bytes(0x89, 0x62))).toString()).toBe('🎉B')
    expect(capitals.rest()).toHaveLength(0)
  })

  it.each([
    ['a byte that begins nothing', bytes(0xff, 0x61), bytes(0xff, 0x41)],
    ['a byte out of the middle of a character', bytes(0x80, 0x61), bytes(0x80, 0x41)],
    ['a character that another one breaks off', bytes(0xc3, 0x61), bytes(0xc3, 0x41)],
    ['three quarters of a character', bytes(0xf0, 0x9f, 0x8e, 0x61), bytes(0xf0, 0x9f, 0x8e, 0x41)],
    ['a form of two bytes where one is enough', bytes(0xc1, 0xa1, 0x61), bytes(0xc1, 0xa1, 0x41)],
    ['a form of three bytes where two are enough', bytes(0xe0, 0x83, 0xa7, 0x61), bytes(0xe0, 0x83, 0xa7, 0x41)],
    [
      'a form of four bytes where three are enough',
      bytes(0xf0, 0x80, 0x83, 0xa7, 0x61),
      bytes(0xf0, 0x80, 0x83, 0xa7, 0x41),
    ],
    ['a surrogate', bytes(0xed, 0xa0, 0x80, 0x61), bytes(0xed, 0xa0, 0x80, 0x41)],
    ['what lies beyond Unicode', bytes(0xf4, 0x90, 0x80, 0x80, 0x61), bytes(0xf4, 0x90, 0x80, 0x80, 0x41)],
    ['Latin-1', Buffer.from('a\xe7\xe3o', 'latin1'), Buffer.from('A\xe7\xe3O', 'latin1')],
  ])('leaves %s as it is', (_, given, expected) => {
    expect(capitalsOf(given)).toEqual(expected)
    expect(capitalsOf(...Array.from(given, (byte) => bytes(byte)))).toEqual(expected)
  })

  it('gives the beginning of a character back when no more comes', () => {
    const capitals = new Capitals()
    expect(Buffer.from(capitals.of(bytes(0x61, 0xe6, 0x97))).toString()).toBe('A')
    expect(Buffer.from(capitals.rest())).toEqual(bytes(0xe6, 0x97))
    expect(capitals.rest()).toHaveLength(0)
  })

  it('keeps nothing of a chunk, which belongs to the caller', () => {
    const capitals = new Capitals()
    const chunk = bytes(0x61, 0xc3)
    capitals.of(chunk)
    chunk.fill(0xff)

    expect(Buffer.from(capitals.of(bytes(0xa7))).toString()).toBe('Ç')
  })

  it('gives the same for every cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(20), { maxLength: 20 }), (given, sizes) => {
        const chunks: Uint8Array[] = []
        let at = 0
        for (const size of [...sizes, given.length]) {
          chunks.push(given.subarray(at, at + size))
          at += size
        }
        expect(capitalsOf(...chunks)).toEqual(capitalsOf(given))
      }),
      { numRuns: 1_000 },
    )
  })

  it('holds at most 3 bytes back at any time', () => {
    fc.assert(
      fc.property(stream, (given) => {
        const upTo = capitalsOf(given)
        const capitals = new Capitals()
        const soFar = Buffer.from(capitals.of(given))
        expect(soFar).toEqual(upTo.subarray(0, soFar.length))
        expect(upTo.length - soFar.length).toBeLessThanOrEqual(3)
      }),
      { numRuns: 1_000 },
    )
  })

  it('does to text what toUpperCase does', () => {
    fc.assert(
      fc.property(fc.array(codePoint), (points) => {
        const text = String.fromCodePoint(...points)
        expect(capitalsOf(Buffer.from(text)).toString()).toBe(text.toUpperCase())
      }),
    )
  })
})

/** Any character: what is no half of a surrogate pair. */
const codePoint: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 0x24f }),
  fc.integer({ min: 0x250, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
)

/** Bytes in which text, pieces of characters and noise alternate. */
const stream: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 5 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }).map((noise) => Buffer.from(noise)),
      fc
        .tuple(fc.constantFrom('ç', '日', '🎉', 'ß', '𐐨'), fc.nat(3))
        .map(([text, length]) => Buffer.from(text).subarray(0, length)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts))
