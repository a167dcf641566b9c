import { describe, expect, it } from 'vitest'
import { endWhileHolding, increment, releaseEarly, throwWhileHolding } from '../testing/targets.ts'
import { Lock } from './lock.ts'
import { Thread } from './thread.ts'
import { ThreadError } from './thread-error.ts'

describe('Lock', () => {
  it('is held by one thread at a time', () => {
    const lock = new Lock()
    const counter = new Int32Array(new SharedArrayBuffer(4))

    const threads = Array.from({ length: 4 }, () => new Thread(increment, lock, counter, 5_000).start())
    for (const thread of threads) thread.join()

    expect(counter[0]).toBe(20_000)
    expect(lock.isLocked).toBe(false)
  })

  it('is released at the end of a block with using, also when it throws', () => {
    const lock = new Lock()

    expect(() => {
      using _ = lock.acquire()
      expect(lock.isLocked).toBe(true)
      throw new Error('on purpose')
    }).toThrow('on purpose')

    expect(lock.isLocked).toBe(false)
  })

  it('is released by a thread that throws out of such a block, and the thread ends', () => {
    const lock = new Lock()

    expect(new Thread(throwWhileHolding, lock).start().join()).toBe(true)

    expect(lock.acquire(0)).not.toBeNull()
  })

  it('stays held when the thread that holds it ends, and anybody may release it', () => {
    const lock = new Lock()

    new Thread(endWhileHolding, lock).start().join()

    expect(lock.isLocked).toBe(true)
    expect(lock.acquire(20)).toBeNull()
    lock.release()
    expect(lock.acquire(0)).not.toBeNull()
  })

  it('is not reentrant', () => {
    const lock = new Lock()
    using _ = lock.acquire()

    expect(lock.acquire(0)).toBeNull()
    expect(lock.acquire(10)).toBeNull()
  })

  it('can be tried in a using without a guard', () => {
    const lock = new Lock()
    lock.acquire()
    {
      using guard = lock.acquire(0)
      expect(guard).toBeNull()
    }
    expect(lock.isLocked).toBe(true)
  })

  it('is released once by each guard, and by no guard whose hold is over', () => {
    const lock = new Lock()
    const first = lock.acquire()
    first.release()
    first.release()
    const second = lock.acquire()

    first.release()

    expect(lock.isLocked).toBe(true)
    lock.release()
    second.release()
    expect(lock.isLocked).toBe(false)
  })

  it('is held by one thread at a time, also when guards release early and once more at the end of their block', () => {
    const lock = new Lock()
    const counter = new Int32Array(new SharedArrayBuffer(8))

    const threads = Array.from({ length: 3 }, () => new Thread(releaseEarly, lock, counter, 150_000).start())
    for (const thread of threads) thread.join()

    expect(counter[1]).toBe(0)
    expect(lock.isLocked).toBe(false)
  })

  it('says so when nobody holds it', () => {
    expect(() => new Lock().release()).toThrow(new ThreadError('notHeld'))
  })

  it('has one state by name, and refuses a wrong timeout', () => {
    const held = new Lock('lock.test').acquire()

    expect(new Lock('lock.test').isLocked).toBe(true)
    expect(new Lock('lock.test 2').isLocked).toBe(false)
    held.release()
    expect(() => new Lock().acquire(-1)).toThrow(RangeError)
  })
})
