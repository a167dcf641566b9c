import { expect, it } from 'vitest'
import { reconnectDelay } from './reconnect-delay.ts'

it('doubles up to 2 s, and adds up to half by chance', () => {
  const least = Array.from({ length: 8 }, (_, attempt) => reconnectDelay(attempt, () => 0))
  const most = Array.from({ length: 8 }, (_, attempt) => reconnectDelay(attempt, () => 1))

  expect(least).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000])
  expect(most).toEqual(least.map((ms) => ms * 1.5))
  expect(reconnectDelay(1e9, () => 0)).toBe(2_000)
})
