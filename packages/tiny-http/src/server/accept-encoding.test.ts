import { describe, expect, it } from 'vitest'
import { chooseCoding } from './accept-encoding.ts'

describe('chooseCoding', () => {
  it.each([
    [null, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['deflate', 'identity'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['br;q=0.5, gzip;q=0.5', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.000', 'identity'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['br;q=0, *', 'gzip'],
    ['identity', 'identity'],
    ['gzip;q=0.5, identity', 'identity'],
    ['gzip;q=0.5, identity;q=0.4', 'gzip'],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['gzip ; Q=0.3 , br ; q = 0.2', 'gzip'],
    ['gzip;q=2', 'identity'],
    ['gzip;q=0.1234', 'identity'],
    ['gzip;q=', 'identity'],
    ['identity;q=0', 'identity'],
    ['constructor, __proto__', 'identity'],
    [',,;,;q=1', 'identity'],
  ])('%j chooses %s', (field, coding) => {
    expect(chooseCoding(field, ['br', 'gzip'])).toBe(coding)
  })

  it('chooses only among what there is', () => {
    expect(chooseCoding('br, gzip', ['gzip'])).toBe('gzip')
    expect(chooseCoding('br', ['gzip'])).toBe('identity')
    expect(chooseCoding('br', [])).toBe('identity')
  })
})
