import { describe, expect, it } from 'vitest'
import { count } from './mthreads.ts'
import { Counter } from './mthreads2.ts'
import { sleep, Thread } from './thread.ts'

const file = new URL('mthreads.ts', import.meta.url).href

describe('Thread', () => {
  it('is not started by being made, and ends when its target has returned', async () => {
    const thread = new Thread(file, count, ['nothing', 0, 0])
    await thread.join()

    thread.start()

    expect(() => thread.start()).toThrow(new TypeError('Cannot start a thread twice'))
    await thread.join()
    await thread.join()
  })

  it('gives a class its fields', async () => {
    const counter = new Counter('nothing', 0, 0)
    counter.start()
    await counter.join()
  })

  it('runs where it is called when run is called', () => {
    const seen: number[] = []
    const note = (number: number): void => {
      seen.push(number)
    }

    new Thread(file, note, [7]).run()

    expect(seen).toEqual([7])
  })
})

describe('sleep', () => {
  it('stops the thread for at least so long', () => {
    const start = performance.now()
    sleep(30)
    expect(performance.now() - start).toBeGreaterThan(29)
  })
})
