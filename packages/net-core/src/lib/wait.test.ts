import { getEventListeners } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { checkMs, watchWait } from './wait.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** Watches with spies in the place of what the two ends of the wait call. */
function watched(options: { signal?: AbortSignal; timeout?: number }) {
  const onSignal = vi.fn()
  const onTimeout = vi.fn()
  return { onSignal, onTimeout, stop: watchWait(options, onSignal, onTimeout) }
}

describe('watchWait', () => {
  it('calls with the reason when the signal fires, once, and never for the timeout then', () => {
    vi.useFakeTimers()
    const controller = new AbortController()
    const { onSignal, onTimeout } = watched({ signal: controller.signal, timeout: 10 })

    controller.abort('enough')
    vi.advanceTimersByTime(100)

    expect(onSignal.mock.calls).toEqual([['enough']])
    expect(onTimeout).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('calls when the time is up, once, and never for the signal then', () => {
    vi.useFakeTimers()
    const controller = new AbortController()
    const { onSignal, onTimeout } = watched({ signal: controller.signal, timeout: 10 })

    vi.advanceTimersByTime(9)
    expect(onTimeout).not.toHaveBeenCalled()
    vi.advanceTimersByTime(100)
    controller.abort()

    expect(onTimeout).toHaveBeenCalledTimes(1)
    expect(onSignal).not.toHaveBeenCalled()
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('leaves neither a timer nor a listener behind when it is stopped', () => {
    vi.useFakeTimers()
    const controller = new AbortController()
    const { onSignal, onTimeout, stop } = watched({ signal: controller.signal, timeout: 10 })

    stop()
    vi.advanceTimersByTime(100)
    controller.abort()

    expect(onSignal).not.toHaveBeenCalled()
    expect(onTimeout).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('takes a timeout of 0 for a wait that ends at once, and none for a wait without end', () => {
    vi.useFakeTimers()
    const atOnce = watched({ timeout: 0 })
    const endless = watched({})

    vi.advanceTimersByTime(1)

    expect(atOnce.onTimeout).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
    endless.stop()
  })

  it('goes by the monotonic clock: setting the time of day changes nothing', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = performance.now()
    const waited = new Promise<number>((resolve) => {
      watchWait({ timeout: 50 }, vi.fn(), () => resolve(performance.now() - start))
    })

    vi.setSystemTime(Date.now() + 86_400_000)
    vi.setSystemTime(Date.now() - 2 * 86_400_000)

    expect(await waited).toBeGreaterThan(45)
  })
})

describe('checkMs', () => {
  it('lets pass what a timer can hold', () => {
    for (const ms of [undefined, 0, 0.5, 5_000, 2_147_483_647]) expect(() => checkMs(ms, 'timeout')).not.toThrow()
  })

  it('refuses what a timer would take for 1 ms', () => {
    for (const ms of [-1, 2_147_483_648, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => checkMs(ms, 'timeout')).toThrow(
        new RangeError(`Cannot wait for a timeout of ${ms}: it is a number of milliseconds, at most 2147483647`),
      )
    }
  })
})
