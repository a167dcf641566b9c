import { describe, expect, it } from 'vitest'
import { untilSteady } from './until.ts'

describe('untilSteady', () => {
  it('does not take a moment in which this process stood still for quiet', async () => {
    let looks = 0

    await untilSteady(
      'nothing moves',
      () => {
        looks += 1
        if (looks === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150)
        return 0
      },
      100,
    )

    expect(looks).toBeGreaterThan(10)
  })

  it('begins anew when something has moved', async () => {
    let looks = 0

    await untilSteady(
      'nothing moves',
      () => {
        looks += 1
        return Math.min(looks, 50)
      },
      10,
    )

    expect(looks).toBeGreaterThanOrEqual(60)
  })
})
