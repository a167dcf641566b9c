import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Outbox } from './outbox.ts'

describe('Outbox', () => {
  it('gives the same frame until it is sent, and puts what comes meanwhile together', () => {
    const outbox = new Outbox()
    outbox.add(said('one\n'))
    const first = outbox.next()
    outbox.add(said('two\n', ['a']))
    outbox.add(said('three\nfour\n', ['b', 'c']))

    expect(first).toMatchObject({ n: 1, before: 0, count: 1 })
    expect(outbox.next()).toBe(first)
    outbox.sent(1)
    const second = outbox.next()

    expect(second).toMatchObject({ n: 2, before: 1, count: 3, notes: ['a', 'b', 'c'] })
    expect(String(second?.lines)).toBe('two\nthree\nfour\n')
    outbox.sent(2)
    expect([outbox.next(), outbox.isEmpty, outbox.bytes, outbox.lines]).toEqual([undefined, true, 0, 0])
  })

  it('hears twice that a frame was sent', () => {
    const outbox = new Outbox()
    outbox.add(said('one\n'))
    outbox.next()
    outbox.sent(1)
    outbox.add(said('two\n'))
    const second = outbox.next()
    outbox.sent(1)

    expect(outbox.next()).toBe(second)
    expect(outbox.bytes).toBe(4)
  })

  it('puts at most 128 KiB and one frame into an entry', () => {
    const outbox = new Outbox()
    for (let n = 0; n < 8; n += 1) outbox.add(said(`${'x'.repeat(32 * 1024 - 1)}\n`))
    const sizes: number[] = []
    for (let frame = outbox.next(); frame; frame = outbox.next()) {
      sizes.push(frame.lines.length)
      outbox.sent(frame.n)
    }

    expect(sizes).toEqual([128 * 1024, 128 * 1024])
  })

  it('cuts what one turn brought into pieces of whole lines, with its notes once', () => {
    const outbox = new Outbox()
    const lines = Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(n === 7 ? 300_000 : 20_000)}\n`).join('')
    outbox.add(said(lines, ['+ana']))
    const frames: { lines: Buffer; count: number; before: number; notes?: readonly string[] | undefined }[] = []
    let returned = 0
    for (let frame = outbox.next(); frame; frame = outbox.next()) {
      frames.push(frame)
      returned = outbox.returned(frame.n)
    }

    expect(String(Buffer.concat(frames.map((frame) => frame.lines)))).toBe(lines)
    expect(frames.every((frame) => frame.lines.at(-1) === 0x0a && frame.lines.length < 1 << 20)).toBe(true)
    expect(frames.length).toBeGreaterThan(2)
    expect(frames.flatMap(({ notes = [] }) => notes)).toEqual(['+ana'])
    expect(frames.reduce((sum, { count }) => sum + count, 0)).toBe(40)
    expect(frames.map(({ before, count }) => before + count).at(-1)).toBe(40)
    expect([returned, outbox.isEmpty, outbox.bytes]).toEqual([outbox.added, true, 0])
  })

  it.each([
    ['1 MiB', 16, 64 * 1024],
    ['1000 frames', 1_000, 1],
  ])('is full at %s, and no more when half of it has left', async (_, frames, bytes) => {
    const outbox = new Outbox()
    for (let n = 1; n < frames; n += 1) outbox.add(said(`${'x'.repeat(bytes - 1)}\n`))
    expect(outbox.isFull).toBe(false)
    await outbox.drained()
    outbox.add(said(`${'x'.repeat(bytes - 1)}\n`))
    expect(outbox.isFull).toBe(true)

    const drained = outbox.drained()
    expect(await hasSettled(drained)).toBe(false)
    for (let frame = outbox.next(); frame; frame = outbox.next()) outbox.sent(frame.n)
    await drained

    expect(outbox.isFull).toBe(false)
  })

  it('sends again, first and unchanged, what a broker forgot', () => {
    const outbox = new Outbox()
    const sent = ['one\n', 'two\n', 'three\n'].map((line) => {
      outbox.add(said(line))
      const frame = outbox.next()
      outbox.sent(frame?.n ?? 0)
      return frame
    })
    outbox.add(said('four\n'))
    const fourth = outbox.next()
    outbox.recover(1, performance.now())

    const again = [2, 3, 4].map((n) => {
      const frame = outbox.next()
      outbox.sent(n)
      return frame
    })

    expect(again).toEqual([sent[1], sent[2], fourth])
    expect([outbox.isEmpty, outbox.bytes]).toEqual([true, 0])
  })

  it('does not send again what the broker had for long', () => {
    const outbox = new Outbox()
    outbox.add(said('one\n'))
    outbox.next()
    outbox.sent(1)
    outbox.recover(0, performance.now() + 4_000)

    expect(outbox.next()).toBe(undefined)
  })

  it('wakes who waits for it to empty, and who waits in vain', async () => {
    const outbox = new Outbox()
    await outbox.emptied()
    for (let n = 0; n < 1_000; n += 1) outbox.add(said('x\n'))
    const drained = outbox.drained()
    const emptied = outbox.emptied()

    outbox.giveUp()
    await drained
    expect(await hasSettled(emptied)).toBe(false)
    outbox.next()
    outbox.sent(1)
    await emptied
  })
})

function said(lines: string, notes?: string[]): { lines: Buffer; count: number; notes?: string[] } {
  return { lines: Buffer.from(lines), count: lines.split('\n').length - 1, ...(notes ? { notes } : {}) }
}

/** Whether a promise has settled by now, one turn of the event loop given. */
async function hasSettled(promise: Promise<void>): Promise<boolean> {
  return await Promise.race([promise.then(() => true), pause(1, false)])
}
