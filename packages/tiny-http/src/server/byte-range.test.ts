import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ByteRange, byteRanges } from './byte-range.ts'

/** The ranges as they were asked for, without any of the limits: what an answer must cover. */
function wanted(value: string, size: number): ByteRange[] {
  return value
    .slice('bytes='.length)
    .split(',')
    .map((spec) => {
      const [from, to] = spec.split('-') as [string, string]
      if (from === '') return { first: Math.max(0, size - Number(to)), last: size - 1 }
      return { first: Number(from), last: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
    })
    .filter(({ first, last }) => first < size && first <= last)
}

const parts = (...pairs: [number, number][]): ByteRange[] => pairs.map(([first, last]) => ({ first, last }))

describe('byteRanges', () => {
  it.each<[string, number, ReturnType<typeof byteRanges>]>([
    ['bytes=0-499', 10_000, parts([0, 499])],
    ['bytes=9500-', 10_000, parts([9500, 9999])],
    ['bytes=-500', 10_000, parts([9500, 9999])],
    ['bytes=0-0,-1', 10_000, parts([0, 0], [9999, 9999])],
    ['bytes=-1,0-0', 10_000, parts([9999, 9999], [0, 0])],
    ['Bytes=0-1', 10, parts([0, 1])],
    ['bytes=0-999999', 10, parts([0, 9])],
    ['bytes=-999999', 10, parts([0, 9])],
    ['bytes=0-99999999999999999999999999', 10, parts([0, 9])],
    ['bytes=99999999999999999999999999-', 10, 'unsatisfiable'],
    [`bytes=0-${'9'.repeat(400)}`, 10, parts([0, 9])],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=10-20', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=20-,0-1', 10, parts([0, 1])],
    ['bytes=0-1, ,2-3', 10, parts([0, 3])],
    ['bytes = 0-1', 10, parts([0, 1])],
    // put together: overlapping, touching, nearly touching
    ['bytes=5-9,0-6', 1000, parts([0, 9])],
    ['bytes=500-600,0-100,50-150', 1000, parts([0, 150], [500, 600])],
    ['bytes=0-9,10-19', 1000, parts([0, 19])],
    ['bytes=0-9,90-99', 1000, parts([0, 99])],
    ['bytes=0-9,91-99', 1000, parts([0, 9], [91, 99])],
    // ignored
    ['bytes=5-2', 10, 'whole'],
    ['bytes=a-b', 10, 'whole'],
    ['bytes=-', 10, 'whole'],
    ['bytes=', 10, 'whole'],
    ['bytes=,', 10, 'whole'],
    ['bytes=0-1,x', 10, 'whole'],
    ['bytes 0-1', 10, 'whole'],
    ['bytes=0x1-2', 10, 'whole'],
    ['bytes=+1-2', 10, 'whole'],
    ['lines=0-1', 10, 'whole'],
    ['', 10, 'whole'],
    // an empty file
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-5', 0, 'whole'],
    // attacks
    [`bytes=${'0-0,'.repeat(129)}`, 10, 'whole'],
    [`bytes=${Array.from({ length: 33 }, (_, at) => `${at * 200}-${at * 200}`).join(',')}`, 100_000, 'whole'],
    [`bytes=${Array.from({ length: 128 }, () => '0-').join(',')}`, 10, parts([0, 9])],
  ])('%j of %d', (value, size, ranges) => {
    expect(byteRanges(value, size)).toEqual(ranges)
  })

  const spec = fc.oneof(
    fc.tuple(fc.nat(12_000), fc.nat(3_000)).map(([from, length]) => `${from}-${from + length}`),
    fc.nat(12_000).map((from) => `${from}-`),
    fc.integer({ min: 1, max: 12_000 }).map((length) => `-${length}`),
  )

  it('gives every byte asked for, none twice, and never more than the file', () => {
    fc.assert(
      fc.property(
        fc.array(spec, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 10_000 }),
        (specs, size) => {
          const value = `bytes=${specs.join(',')}`
          const asked = wanted(value, size)
          const given = byteRanges(value, size)
          if (asked.length === 0) {
            expect(given).toBe('unsatisfiable')
            return
          }
          if (typeof given === 'string') throw new Error(`${value} of ${size}: ${given}`)
          for (const { first, last } of given) expect(0 <= first && first <= last && last < size).toBe(true)
          for (const range of asked) {
            expect(given.some(({ first, last }) => first <= range.first && range.last <= last)).toBe(true)
          }
          const inOrder = given.toSorted((a, b) => a.first - b.first)
          for (const [at, { first }] of inOrder.entries()) {
            expect(at === 0 || first > (inOrder[at - 1]?.last ?? 0)).toBe(true)
          }
        },
      ),
    )
  })

  it('takes anything', () => {
    const value = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `bytes=${rest}`),
    )
    fc.assert(fc.property(value, fc.nat(), (any, size) => void byteRanges(any, size)))
  })
})
