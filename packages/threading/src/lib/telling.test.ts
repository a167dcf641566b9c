import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { tellEvents, waitFor } from '../testing/targets.ts'
import { until } from '../testing/until.ts'
import { Event } from './event.ts'
import { Lock } from './lock.ts'
import { Queue } from './queue.ts'
import type { ThreadEvent } from './telling.ts'
import { Thread } from './thread.ts'

/** What is told in this thread while a function runs. */
function told(work: () => void): ThreadEvent[] {
  const events: ThreadEvent[] = []
  const listener = (event: unknown): number => events.push(event as ThreadEvent)
  subscribe('fund:threading', listener)
  try {
    work()
  } finally {
    unsubscribe('fund:threading', listener)
  }
  return events
}

describe('the channel fund:threading', () => {
  it('tells of starts and waits where they happen', () => {
    const event = new Event()
    const lock = new Lock()
    lock.acquire()

    const events = told(() => {
      const thread = new Thread({ name: 'T' }, waitFor, event).start()
      thread.join(0)
      lock.acquire(0)
      event.set()
      thread.join()
    })

    const facts = events.map(({ op, name, for: what }) => [op, name, what].filter(Boolean).join(' '))
    expect(facts.slice(0, 3)).toEqual(['thread-start T', 'wait main join', 'wait main lock'])
    const times = events.map(({ t }) => t)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.every(Number.isInteger)).toBe(true)
  })

  it('tells of the end where the thread was started, when nobody listens in the thread', async () => {
    const ends: ThreadEvent[] = []
    const listener = (event: unknown): void => {
      if ((event as ThreadEvent).op === 'thread-end') ends.push(event as ThreadEvent)
    }
    subscribe('fund:threading', listener)
    const event = new Event()
    new Thread({ name: 'never joined' }, waitFor, event).start()
    const joined = new Thread({ name: 'joined' }, waitFor, event).start()
    event.set()
    joined.join()
    joined.join()
    await until('the other is told of', () => ends.length > 1)
    unsubscribe('fund:threading', listener)

    expect(ends.map(({ name }) => name).toSorted()).toEqual(['joined', 'never joined'])
  })

  it('tells of the end in the thread that ends', () => {
    const answers = new Queue<ThreadEvent>()

    new Thread({ name: 'T' }, tellEvents, answers).start().join()

    expect(answers.get()).toMatchObject({ op: 'thread-end', name: 'T' })
  })
})
