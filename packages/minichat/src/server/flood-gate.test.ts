import { describe, expect, it } from 'vitest'
import { FloodGate } from './flood-gate.ts'
import { readFlood } from './limits.ts'

describe('FloodGate', () => {
  it('lets a burst pass, and then makes each line wait its turn', () => {
    const gate = new FloodGate({ burst: 5, perSecond: 2 }, 0)

    for (let line = 0; line < 5; line += 1) expect(gate.pass(0)).toBe(0)
    expect(gate.pass(0)).toBe(500)
    expect(gate.pass(500)).toBe(500)
    expect(gate.pass(1_000)).toBe(500)
  })

  it('gives the burst back to who is quiet', () => {
    const gate = new FloodGate({ burst: 5, perSecond: 2 }, 0)
    for (let line = 0; line < 5; line += 1) gate.pass(0)

    expect(gate.pass(500)).toBe(0)
    for (let line = 0; line < 5; line += 1) expect(gate.pass(10_000)).toBe(0)
    expect(gate.pass(10_000)).toBe(500)
  })

  it('knows for how long it has had to hold back, until it was quiet for half a burst', () => {
    const gate = new FloodGate({ burst: 4, perSecond: 2 }, 0)
    for (let line = 0; line < 4; line += 1) gate.pass(0)
    expect(gate.heldFor(9_000)).toBe(0)

    gate.pass(1)
    for (let now = 500; now <= 8_000; now += 500) gate.pass(now)
    expect(gate.heldFor(8_001)).toBe(8_000)

    gate.pass(11_000)
    expect(gate.heldFor(11_000)).toBe(0)
  })
})

describe('readFlood', () => {
  it.each([
    ['off', { flood: undefined }],
    ['500,100', { flood: { burst: 500, perSecond: 100 } }],
    ['5,0.5', { flood: { burst: 5, perSecond: 0.5 } }],
  ])('reads %j', (word, read) => expect(readFlood(word)).toEqual(read))

  it.each(['', 'on', '5', '5,', ',5', '0,5', '5,0', '-1,5', '5,5,5', '1e9,1', '5, 5'])('refuses %j', (word) => {
    expect(readFlood(word)).toBe(undefined)
  })
})
