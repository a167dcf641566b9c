import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChunkedDecoder } from './chunked.ts'
import { HttpError } from './http-error.ts'

const limits = { lineBytes: 64, trailerBytes: 256, bodyBytes: 1000 }

describe('ChunkedDecoder', () => {
  it('gives the data, the trailers, and where the body ends', () => {
    expect(decode('3\r\nabc\r\n2;x="y"\r\nde\r\n0\r\nA: b \r\n\r\nGET')).toEqual({
      data: 'abcde',
      end: 33,
      trailers: [['A', 'b ']],
    })
  })

  it('gives back whatever was put into chunks', () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), fc.string(), cuts(), (chunks, behind, at) => {
        const framed = chunks.map((data) => `${data.length.toString(16)}\r\n${latin1(data)}\r\n`).join('')
        const body = `${framed}0\r\n\r\n`
        const { data, end } = decode(body + behind, at) as { data: string; end: number }
        expect(data).toBe(chunks.map(latin1).join(''))
        expect(end).toBe(body.length)
      }),
    )
  })

  it('gives the same outcome however the bytes are cut', () => {
    fc.assert(
      fc.property(bodies(), cuts(), (body, at) => {
        expect(decode(body, at)).toEqual(decode(body))
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    ['a line that never ends', `3;${'a'.repeat(70)}`, 400],
    ['data behind a chunk', '3\r\nabcd', 400],
    ['trailers without an end', `0\r\n${'A: b\r\n'.repeat(60)}`, 400],
    ['more data than is allowed, before it comes', '3e9\r\n', 413],
    ['many chunks that are more than is allowed', `${`64\r\n${'a'.repeat(100)}\r\n`.repeat(10)}1\r\n`, 413],
    ['one byte of data at a time, and long extensions', `1;${'a'.repeat(60)}\r\na\r\n`.repeat(600), 400],
  ])('refuses %s', (_, body, status) => {
    expect(decode(body)).toBe(status)
  })
})

/** What comes of a body that comes in pieces: the data and the end, or the status of the refusal. */
function decode(text: string, at: readonly number[] = []): unknown {
  const bytes = Buffer.from(text, 'latin1')
  const decoder = new ChunkedDecoder(limits)
  let data = ''
  let end = 0
  for (const cut of [...at.toSorted((a, b) => a - b), bytes.length]) {
    if (decoder.isDone || cut <= end) continue
    try {
      end = decoder.decode(bytes.subarray(0, cut), end, (piece) => {
        data += piece.toString('latin1')
      })
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      return error.status
    }
  }
  return decoder.isDone ? { data, end, trailers: decoder.trailers } : { data, isDone: false }
}

function latin1(data: Uint8Array): string {
  return Buffer.from(data).toString('latin1')
}

function cuts(): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(300), { maxLength: 20 })
}

/** Bodies, most of them nearly right. */
function bodies(): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    '3\r\nabc\r\n',
    '0\r\n',
    '\r\n',
    '1;a\r\nb\r\n',
    'A: b\r\n',
    '\n',
    '\r',
    '3',
    'g',
    ' ',
    'ff\r\n',
  )
  const any = fc.oneof({ weight: 10, arbitrary: piece }, fc.string({ maxLength: 5 }))
  return fc.array(any, { maxLength: 16 }).map((all) => all.join(''))
}
