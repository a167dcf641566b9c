import { describe, expect, it } from 'vitest'
import { sleep } from './sleep.ts'

describe('sleep', () => {
  it('stops this thread for at least so long', () => {
    const start = performance.now()

    sleep(15.5)

    expect(performance.now() - start).toBeGreaterThanOrEqual(15.5)
  })

  it('returns at once for 0, and refuses what is no time', () => {
    sleep(0)
    for (const wrong of [-1, Number.NaN, '5' as never]) {
      expect(() => sleep(wrong)).toThrow(`Cannot wait ${wrong} ms: a timeout is a number of milliseconds, from 0`)
    }
  })
})
