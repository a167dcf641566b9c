import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineCutter } from './line-cutter.ts'

describe('LineCutter', () => {
  it('gives the lines that end in a chunk, without LF or CRLF', () => {
    const lines = new LineCutter(512)

    expect(lines.cut(Buffer.from('one\r\n\ntw'))).toEqual(['one', ''])
    expect(lines.cut(Buffer.from('o\nthree'))).toEqual(['two'])
    expect(lines.end()).toEqual(['three'])
    expect(lines.end()).toEqual([])
  })

  it('refuses a line that is too long, once, and goes on behind it', () => {
    const lines = new LineCutter(4)

    expect(lines.cut(Buffer.from('1234\n12345\n12345\r\n1234\r\nab'))).toEqual(['1234', null, null, '1234'])
    expect(lines.cut(Buffer.from('cdef'))).toEqual([null])
    expect(lines.cut(Buffer.from('g'))).toEqual([])
    expect(lines.cut(Buffer.from('h\nok\n'))).toEqual(['ok'])
    expect(lines.end()).toEqual([])
  })

  it('counts bytes, not characters', () => {
    const lines = new LineCutter(4)

    expect(lines.cut(Buffer.from('çç\nççç\n🎉\n日本\n'))).toEqual(['çç', null, '🎉', null])
  })

  it('waits for the LF behind a CR that is one byte above the limit', () => {
    const lines = new LineCutter(4)

    expect(lines.cut(Buffer.from('1234\r'))).toEqual([])
    expect(lines.cut(Buffer.from('\n12345'))).toEqual(['1234'])
    expect(lines.cut(Buffer.from('\n'))).toEqual([null])
  })

  it('knows a line without an end', () => {
    const lines = new LineCutter(512)
    for (let bytes = 0; bytes <= 2048; bytes += 64) {
      expect(lines.isEndless).toBe(false)
      lines.cut(Buffer.alloc(64, 'x'))
    }
    expect(lines.isEndless).toBe(true)
  })

  it('holds no more than the limit and a byte, however long the line', () => {
    const lines = new LineCutter(512)
    const chunk = Buffer.alloc(65_536, 'x')
    for (let at = 0; at < 1_000; at += 1) expect(lines.cut(chunk).length).toBeLessThanOrEqual(1)
    expect(lines.cut(Buffer.from('\nok\n'))).toEqual(['ok'])
  })

  it('gives the same lines however the bytes are cut into chunks', () => {
    const text = fc.array(fc.constantFrom('a', 'bc', 'ç', '🎉', '\n', '\r\n', '\r', '\xff', 'xxxxxxxx'), {
      maxLength: 60,
    })
    const cuts = fc.array(fc.nat(200), { maxLength: 10 })
    fc.assert(
      fc.property(text, cuts, (parts, at) => {
        const bytes = Buffer.concat(parts.map((part) => Buffer.from(part, part === '\xff' ? 'latin1' : 'utf8')))
        expect(cutAt(bytes, at)).toEqual(cutAt(bytes, []))
      }),
    )
  })
})

function cutAt(bytes: Buffer, cuts: readonly number[]): (string | null)[] {
  const lines = new LineCutter(8)
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
  const found = places.slice(1).flatMap((end, index) => lines.cut(bytes.subarray(places[index], end)))
  return [...found, ...lines.end()]
}
