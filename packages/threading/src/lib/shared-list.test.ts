import { describe, expect, it } from 'vitest'
import { add } from '../testing/targets.ts'
import { SharedList } from './shared-list.ts'
import { Thread } from './thread.ts'

describe('SharedList', () => {
  it('adds at the end, removes the first that is equal, and keeps the order', () => {
    const list = new SharedList()
    for (const number of [5, 3, 5, -0.5, 2 ** 40]) list.add(number)

    expect(list.remove(5)).toBe(true)
    expect(list.remove(99)).toBe(false)

    expect(list.snapshot()).toEqual([3, 5, -0.5, 2 ** 40])
    expect([...list]).toEqual(list.snapshot())
    expect(list.length).toBe(4)
  })

  it('is changed by many threads at once', () => {
    const list = new SharedList()
    const threads = [0, 100, 200].map((from) =>
      new Thread(add, list, ...Array.from({ length: 100 }, (_, i) => from + i)).start(),
    )
    for (const thread of threads) thread.join()

    expect(list.snapshot().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i))
  })

  it('gives a snapshot that nobody else changes', () => {
    const list = new SharedList()
    list.add(1)
    const before = list.snapshot()

    list.remove(1)

    expect(before).toEqual([1])
  })

  it('is full at its capacity, and takes numbers only', () => {
    const list = new SharedList({ capacity: 1 })
    list.add(1)

    expect(() => list.add(2)).toThrow('Cannot add to the list: it holds 1 numbers already (ENOSPC)')
    expect(() => list.add('2' as never)).toThrow(TypeError)
    expect(list.snapshot()).toEqual([1])
  })

  it('has one state by name, which keeps its capacity', () => {
    new SharedList({ name: 'list.test', capacity: 2 }).add(7)

    expect(new SharedList('list.test').snapshot()).toEqual([7])
    expect(new SharedList('list.test').capacity).toBe(2)
    expect(() => new SharedList({ name: 'list.test', capacity: 3 })).toThrow('EEXIST')
    expect(() => new SharedList({ capacity: 0 })).toThrow(RangeError)
  })
})
