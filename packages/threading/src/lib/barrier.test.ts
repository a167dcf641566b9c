import { describe, expect, it } from 'vitest'
import { passBarrier, passEach } from '../testing/targets.ts'
import { Barrier } from './barrier.ts'
import { Queue } from './queue.ts'
import { Thread } from './thread.ts'

describe('Barrier', () => {
  it('lets all pass together, round after round, each with a number of its own', () => {
    const barrier = new Barrier(3)
    const answers = new Queue<[number, number]>()
    const rounds = 200
    const threads = [1, 2].map(() => new Thread(passBarrier, barrier, answers as Queue<unknown>, rounds).start())

    const seen = new Map<number, number[]>()
    for (let round = 0; round < rounds; round += 1) seen.set(round, [barrier.wait(5_000)])
    for (const thread of threads) thread.join()
    for (let i = 0; i < rounds * 2; i += 1) {
      const [round, index] = answers.get() as [number, number]
      seen.get(round)?.push(index)
    }

    for (const indices of seen.values()) expect(indices.toSorted()).toEqual([0, 1, 2])
  })

  it('breaks for everybody when somebody gives up, until it is reset', () => {
    const barrier = new Barrier(3)
    const answers = new Queue<unknown>()
    const thread = new Thread(passBarrier, barrier, answers, 1).start()
    while (barrier.waiting < 1) thread.join(1)

    expect(() => barrier.wait(20)).toThrow('Cannot pass the barrier: not everybody came in 20 ms (ETIMEDOUT)')
    expect(answers.get()).toBe('ECANCELED')
    thread.join()
    expect(barrier.isBroken).toBe(true)
    expect(() => barrier.wait()).toThrow('Cannot pass the barrier: it is broken (ECANCELED)')

    barrier.reset()
    expect(barrier.isBroken).toBe(false)
    expect(() => barrier.wait(0)).toThrow('ETIMEDOUT')
  })

  it('tells those that wait when it is reset or aborted', () => {
    const barrier = new Barrier(2)
    const answers = new Queue<unknown>()
    for (const call of [() => barrier.reset(), () => barrier.abort()]) {
      const thread = new Thread(passBarrier, barrier, answers, 1).start()
      while (barrier.waiting < 1) thread.join(1)
      call()
      expect(answers.get()).toBe('ECANCELED')
      thread.join()
    }
    expect(barrier.isBroken).toBe(true)
  })

  it('lets those go that everybody has come for, though it is reset before they have gone', () => {
    const barriers = Array.from({ length: 20 }, () => new Barrier(2))
    const answers = new Queue<unknown>()
    const thread = new Thread(passEach, barriers, answers).start()

    for (const barrier of barriers) {
      while (barrier.waiting < 1) thread.join(1)
      barrier.wait()
      barrier.reset() // the other is hardly awake
    }
    thread.join()

    expect(barriers.map(() => answers.get(0))).toEqual(barriers.map(() => 0))
    expect(barriers.some(({ isBroken }) => isBroken)).toBe(false)
  })

  it('has one state by name, for the same number of threads', () => {
    new Barrier(2, 'barrier.test').abort()

    expect(new Barrier(2, 'barrier.test').isBroken).toBe(true)
    expect(() => new Barrier(3, 'barrier.test')).toThrow('EEXIST')
    expect(() => new Barrier(0)).toThrow(RangeError)
    expect(() => new Barrier(1.5)).toThrow(RangeError)
  })
})
