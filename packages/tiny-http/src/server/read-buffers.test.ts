import { describe, expect, it } from 'vitest'
import { ReadBuffers } from './read-buffers.ts'

describe('ReadBuffers', () => {
  it('uses memory again only when what was in it no longer waits', () => {
    let queued = 0
    const buffers = new ReadBuffers(() => queued)
    const first = buffers.take()
    buffers.filled(1_000)
    queued = 1_000
    const second = buffers.take() // the first still waits
    buffers.filled(100)
    queued = 101
    const third = buffers.take() // one byte of the first still waits
    buffers.filled(100)
    queued = 200
    const fourth = buffers.take()

    expect(new Set([first, second, third]).size).toBe(3)
    expect(fourth === first).toBe(true)
  })

  it('takes a buffer that is being filled for one that waits', () => {
    const buffers = new ReadBuffers(() => 1)
    const filling = buffers.take()

    expect(buffers.take() === filling).toBe(false)
  })

  it('leaves the last memory of a stream alone until its connection has sent it', () => {
    let queued = 5
    const ending = new ReadBuffers(() => queued)
    const last = ending.take()
    ending.filled(5)
    ending.end()
    const taken = Array.from({ length: 40 }, () => new ReadBuffers(() => 1).take())
    expect(taken.includes(last)).toBe(false)

    queued = 0
    const later = Array.from({ length: 40 }, () => new ReadBuffers(() => 1).take())
    expect(later.includes(last)).toBe(true)
  })
})
