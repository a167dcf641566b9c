import { describe, expect, it } from 'vitest'
import { multipartRanges } from './multipart-ranges.ts'

describe('multipartRanges', () => {
  it('lays parts out as RFC 9110, 14.6 shows them, and knows their length', () => {
    const file = 'abcdefghij'
    const ranges = [
      { first: 8, last: 9 },
      { first: 0, last: 2 },
    ]
    const { type, parts, end, length } = multipartRanges(ranges, 'text/plain', file.length, 'B')
    const body = parts.map(({ head, range }) => head + file.slice(range.first, range.last + 1)).join('') + end

    expect(type).toBe('multipart/byteranges; boundary=B')
    expect(body).toBe(
      [
        '--B',
        'Content-Type: text/plain',
        'Content-Range: bytes 8-9/10',
        '',
        'ij',
        '--B',
        'Content-Type: text/plain',
        'Content-Range: bytes 0-2/10',
        '',
        'abc',
        '--B--',
        '',
      ].join('\r\n'),
    )
    expect(length).toBe(body.length)
  })

  it('has another boundary each time', () => {
    const ranges = [{ first: 0, last: 0 }]

    expect(multipartRanges(ranges, 'a/b', 1).type).not.toBe(multipartRanges(ranges, 'a/b', 1).type)
  })
})
