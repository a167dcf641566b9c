import { describe, expect, it } from 'vitest'
import { waitForEach } from '../testing/targets.ts'
import { Event } from './event.ts'
import { Queue } from './queue.ts'
import { Thread } from './thread.ts'

describe('Event', () => {
  it('lets everybody pass once it is set, and nobody before', () => {
    const event = new Event()
    const answers = new Queue<unknown>()
    const threads = [1, 2, 3].map(() => new Thread(waitForEach, [event], answers).start())

    expect(() => answers.get(50)).toThrow('nothing came')
    event.set()
    for (const thread of threads) thread.join()

    expect([answers.get(), answers.get(), answers.get()]).toEqual([true, true, true])
  })

  it('can be cleared, and set again', () => {
    const event = new Event()

    expect(event.isSet).toBe(false)
    event.set()
    event.set()
    expect(event.wait(0)).toBe(true)
    event.clear()
    expect(event.isSet).toBe(false)
    expect(event.wait(0)).toBe(false)
    expect(event.wait(10)).toBe(false)
  })

  it('loses no waiter, whenever it is set, a thousand times', () => {
    const events = Array.from({ length: 1_000 }, () => new Event())
    const answers = new Queue<unknown>()
    const thread = new Thread(waitForEach, events, answers).start()

    for (const event of events) {
      event.set() // the other is just about to wait for it
      expect(answers.get(5_000)).toBe(true)
    }

    thread.join()
  })

  it('lets those pass that were waiting when clear follows at once', () => {
    const events = [new Event(), new Event()]
    const answers = new Queue<unknown>()
    const thread = new Thread(waitForEach, events, answers).start()

    events[1]?.set()
    while (answers.size < 2) {
      events[0]?.set()
      events[0]?.clear()
    }

    expect(thread.join()).toBe(true)
  })

  it('has one state by name, and refuses a wrong timeout', () => {
    new Event('event.test').set()

    expect(new Event('event.test').isSet).toBe(true)
    expect(() => new Event().wait(Number.NaN)).toThrow(RangeError)
  })
})
