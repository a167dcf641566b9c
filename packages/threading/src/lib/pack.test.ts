import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Lock } from './lock.ts'
import { pack, packFields, setFields, unpack } from './pack.ts'

/** There and back, through what a message between threads does to a value. */
function sent(value: unknown): unknown {
  return unpack(structuredClone(pack(value, 'it')))
}

describe('pack, and unpack in another thread', () => {
  it('keeps any plain data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(sent(value)).toEqual(value)
      }),
    )
  })

  it('keeps maps, sets, dates, bytes, and what refers to itself', () => {
    const list: unknown[] = [new Map([[{ a: 1 }, new Set([1n])]]), new Date(0), new Uint8Array([1, 2])]
    list.push(list, { list })

    const copy = sent(list) as unknown[]

    expect(copy.slice(0, 3)).toEqual(list.slice(0, 3))
    expect(copy[3]).toBe(copy)
    expect((copy[4] as { list: unknown }).list).toBe(copy)
  })

  it('keeps shared objects shared, wherever they are', () => {
    const lock = new Lock()
    const copy = sent({ list: [lock], map: new Map([['lock', lock]]), set: new Set([lock]) }) as {
      list: Lock[]
      map: Map<string, Lock>
      set: Set<Lock>
    }

    lock.acquire()

    const locks = [...copy.list, ...copy.map.values(), ...copy.set]
    expect(locks.map((each) => each instanceof Lock && each.isLocked)).toEqual([true, true, true])
  })

  it('makes plain data of an object of any other class', () => {
    class Point {
      x = 1
      lock = new Lock()
    }

    const copy = sent(new Point()) as Point

    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(copy.x).toBe(1)
    expect(copy.lock).toBeInstanceOf(Lock)
  })

  it('names what cannot be copied', () => {
    expect(() => pack({ a: [0, () => {}] }, 'argument 1')).toThrow('Cannot copy argument 1.a[1] between threads')
  })

  it('lets no value change what an object is', () => {
    const hostile = JSON.parse('{ "__proto__": { "isAdmin": true } }') as object

    const copy = sent(hostile) as { isAdmin?: boolean }
    const target: { isAdmin?: boolean } = {}
    setFields(target, structuredClone(packFields(hostile, 'T')))

    expect(copy.isAdmin).toBeUndefined()
    expect(target.isAdmin).toBeUndefined()
    expect(Object.getPrototypeOf(target)).toBe(Object.prototype)
    expect(JSON.stringify(copy)).toBe(JSON.stringify(hostile))
  })

  it('loads what knows the objects of other packages, and says so where nothing does', () => {
    const key = Symbol.for('fund.shared')
    const modules = new Set<string>()
    const foreign = { [key]: () => ({ module: 'file:///some.js', name: 'some.Thing', data: 5 }) }
    const packed = structuredClone(pack([foreign], 'it', modules))

    expect([...modules]).toEqual(['file:///some.js'])
    expect(() => unpack(packed)).toThrow('Cannot take over a some.Thing')
    const revivers = (globalThis as unknown as Record<symbol, Map<string, (data: unknown) => unknown>>)[
      Symbol.for('fund.revivers')
    ]
    revivers?.set('some.Thing', (data) => `revived ${data}`)
    expect(unpack(structuredClone(pack([foreign], 'it')))).toEqual(['revived 5'])
    revivers?.delete('some.Thing')
  })
})
