import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FileCache } from './file-cache.ts'

const value = (weight: number): { weight: number } => ({ weight })

describe('FileCache', () => {
  it('gives what was set, until it is deleted', () => {
    const cache = new FileCache(100)
    const one = value(10)
    cache.set('a', one)

    expect(cache.get('a')).toBe(one)
    expect(cache.get('b')).toBe(undefined)
    expect(cache.weight).toBe(10)

    cache.delete('a')
    expect(cache.get('a')).toBe(undefined)
    expect(cache.weight).toBe(0)
  })

  it('lets go of what nobody asked for, oldest first', () => {
    const cache = new FileCache(100)
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, value(25))
    cache.get('a')
    cache.set('e', value(25))

    expect(['a', 'b', 'c', 'd', 'e'].filter((key) => cache.get(key))).toEqual(['a', 'c', 'd', 'e'])
  })

  it('knows a weight that has changed when it is set again', () => {
    const cache = new FileCache<{ weight: number }>(100)
    const growing = value(10)
    cache.set('a', growing)
    growing.weight = 40
    cache.set('a', growing)

    expect(cache.weight).toBe(40)
    growing.weight = 45
    cache.delete('a')
    expect(cache.weight).toBe(0)
  })

  it('keeps nothing that would push everything else out', () => {
    const cache = new FileCache(100)
    cache.set('a', value(51))

    expect(cache.get('a')).toBe(undefined)
  })

  it('never weighs more than it may', () => {
    const step = fc.record({ key: fc.nat(20), weight: fc.nat(60), isGet: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const cache = new FileCache(100)
        for (const { key, weight, isGet } of steps) {
          if (isGet) cache.get(String(key))
          else cache.set(String(key), value(weight))
          expect(cache.weight).toBeLessThanOrEqual(100)
          if (!isGet && weight <= 50) expect(cache.get(String(key))?.weight).toBe(weight)
        }
      }),
    )
  })
})
