import { describe, expect, it } from 'vitest'
import { Origins } from './origins.ts'
import type { Entry } from './stream-entry.ts'

describe('Origins', () => {
  it('lets each frame in once', () => {
    const origins = new Origins()

    expect(origins.admit(entry('a', 1, 0))).toEqual({ isNew: true })
    expect(origins.admit(entry('a', 1, 0))).toEqual({ isNew: false })
    expect(origins.admit(entry('a', 2, 1))).toEqual({ isNew: true })
    expect(origins.admit(entry('a', 1, 0))).toEqual({ isNew: false })
    expect(origins.admit(entry('b', 1, 0))).toEqual({ isNew: true })
  })

  it('counts the lines of frames that never came', () => {
    const origins = new Origins()
    origins.admit(entry('a', 1, 0, 3))

    expect(origins.admit(entry('a', 5, 10, 2))).toEqual({ isNew: true, missing: 7 })
    expect(origins.admit(entry('a', 6, 12))).toEqual({ isNew: true })
    expect(origins.admit(entry('a', 8, 13))).toEqual({ isNew: true, missing: 0 }) // a frame of notes
  })

  it('misses nothing of a server it meets in the middle', () => {
    expect(new Origins().admit(entry('a', 900, 5_000))).toEqual({ isNew: true })
  })

  it('forgets the server not heard for longest when there are over 1000', () => {
    const origins = new Origins()
    for (let each = 0; each < 1_000; each += 1) origins.admit(entry(`${each}`, 1, 0))
    origins.admit(entry('0', 2, 1))
    origins.admit(entry('new', 1, 0))

    expect(origins.admit(entry('0', 2, 1)).isNew).toBe(false)
    expect(origins.admit(entry('2', 1, 0)).isNew).toBe(false)
    expect(origins.admit(entry('1', 1, 0)).isNew).toBe(true)
  })
})

function entry(origin: string, n: number, before: number, count = 1): Entry {
  return { frame: { id: '1-1', origin, lines: Buffer.alloc(0), count, notes: [] }, n, before }
}
