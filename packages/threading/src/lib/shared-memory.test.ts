import { describe, expect, it } from 'vitest'
import { addByName, named, tellNamed } from '../testing/targets.ts'
import { Queue } from './queue.ts'
import { SharedList } from './shared-list.ts'
import { openMemory } from './shared-memory.ts'
import { Thread } from './thread.ts'

describe('openMemory', () => {
  it('gives zeros of its own without a name', () => {
    const [one, other] = [openMemory('test', undefined, 5), openMemory('test', undefined, 5)]

    expect(one.buffer).not.toBe(other.buffer)
    expect(one.buffer.byteLength).toBe(8)
    expect(new Uint8Array(one.buffer).every((byte) => byte === 0)).toBe(true)
  })

  it('gives the same by the same name and kind, another by any other', () => {
    let inits = 0
    const init = (): number => (inits += 1)

    const first = openMemory('test', 'a', 13, init)
    const again = openMemory('test', 'a', 99, init)

    expect(again).toEqual(first)
    expect(inits).toBe(1)
    const others = [openMemory('test', 'b', 13), openMemory('other', 'a', 13), openMemory('test', 'ação', 13)]
    expect(new Set([first, ...others].map(({ offset }) => offset)).size).toBe(4)
    expect(others.every(({ offset }) => offset % 8 === 0)).toBe(true)
  })

  it('grows, and keeps what is there', () => {
    const early = openMemory('test', 'early', 8)
    new Uint8Array(early.buffer, early.offset, 8).fill(7)

    const big = openMemory('test', 'big', 1_000_000)
    const late = openMemory('test', 'late', 8)

    expect(new Uint8Array(big.buffer, big.offset, big.bytes).every((byte) => byte === 0)).toBe(true)
    expect([...new Uint8Array(early.buffer, early.offset, 8)]).toEqual(Array(8).fill(7))
    expect(late.offset).toBeGreaterThanOrEqual(big.offset + big.bytes)
  })

  it('says so when there is no more', () => {
    expect(() => openMemory('Queue', 'huge', 2 ** 30)).toThrow(
      'Cannot make the Queue "huge": the memory for what has a name is used up (ENOSPC)',
    )
  })
})

describe('what has a name', () => {
  it('is the same in every thread that loads the file that makes it', () => {
    const answers = new Queue<unknown>()
    using _ = named.lock.acquire()
    named.event.set()
    named.queue.put('from main')
    named.list.add(42)

    new Thread(tellNamed, answers).start().join()

    expect(answers.get()).toEqual({ isLocked: true, isSet: true, got: 'from main', list: [42] })
  })

  it('is the same also when two threads make it and nobody before', () => {
    const threads = [1, 2].map((value) => new Thread(addByName, 'made in threads', value).start())
    for (const thread of threads) thread.join()

    expect(new SharedList('made in threads').snapshot().toSorted()).toEqual([1, 2])
  })
})
