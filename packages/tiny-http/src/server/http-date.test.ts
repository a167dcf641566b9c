import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { httpDate, parseHttpDate } from './http-date.ts'

const example = Date.UTC(1994, 10, 6, 8, 49, 37) // the one of RFC 9110, 5.6.7
const now = Date.UTC(2026, 0, 1)

describe('parseHttpDate', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', example],
    ['Sunday, 06-Nov-94 08:49:37 GMT', example],
    ['Sun Nov  6 08:49:37 1994', example],
    ['Sun Nov 16 08:49:37 1994', example + 10 * 86_400_000],
    ['Sunday, 06-Nov-76 08:49:37 GMT', Date.UTC(2076, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-77 08:49:37 GMT', Date.UTC(1977, 10, 6, 8, 49, 37)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['Wed, 29 Feb 2023 00:00:00 GMT', undefined],
    ['Sun, 06 nov 1994 08:49:37 GMT', undefined],
    ['Sun, 6 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37 UTC', undefined],
    ['Sun, 06 Nov 1994 08:49:37 +0000', undefined],
    ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['Sun, 00 Nov 1994 08:49:37 GMT', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT', undefined],
    ['784111777', undefined],
    ['', undefined],
  ])('%j', (text, ms) => {
    expect(parseHttpDate(text, now)).toBe(ms)
  })

  it('reads what httpDate writes', () => {
    const date = fc.date({
      min: new Date('1970-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(date, (any) => {
        expect(parseHttpDate(httpDate(any.getTime()))).toBe(Math.floor(any.getTime() / 1000) * 1000)
      }),
    )
  })
})
