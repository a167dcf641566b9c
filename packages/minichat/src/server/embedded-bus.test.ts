import { describe, expect, it } from 'vitest'
import type { Frame, Missed } from './bus.ts'
import { EmbeddedBus } from './embedded-bus.ts'

describe('EmbeddedBus', () => {
  it('gives a frame back before publish returns, in order', () => {
    const bus = new EmbeddedBus()
    const heard = following(bus)

    bus.publish(said('one\n'))
    bus.publish(said('two\nthree\n'))

    expect(heard.map(text)).toEqual(['one\n', 'two\nthree\n'])
    expect(heard[0]?.origin).toBe(bus.origin)
  })

  it('carries notes unread', () => {
    const bus = new EmbeddedBus()
    const heard = following(bus)

    bus.publish({ lines: Buffer.alloc(0), count: 0, notes: ['{"came":"ana"}'] })

    expect(heard[0]?.notes).toEqual(['{"came":"ana"}'])
  })

  it('gives the last frames, enough for so many lines', async () => {
    const bus = new EmbeddedBus()
    for (let n = 1; n <= 50; n += 1) bus.publish(said(`${n}a\n${n}b\n`))

    expect((await bus.history(5)).map(text)).toEqual(['48a\n48b\n', '49a\n49b\n', '50a\n50b\n'])
    expect(await bus.history(0)).toEqual([])
    expect(await bus.history(1_000)).toHaveLength(50)
  })

  it('gives what was said since a frame, and only that', async () => {
    const bus = new EmbeddedBus()
    const heard = following(bus)
    for (const line of ['one\n', 'two\n', 'three\n']) bus.publish(said(line))

    const [one, , three] = heard as [Frame, Frame, Frame]

    expect(await since(bus, one.id)).toEqual({ texts: ['two\n', 'three\n'], isWhole: true })
    expect(await since(bus, three.id)).toEqual({ texts: [], isWhole: true })
  })

  it('says so when it does not remember that far, or never knew the id', async () => {
    const bus = new EmbeddedBus()
    for (let n = 1; n <= 1_500; n += 1) bus.publish(said(`${n}\n`))

    const { texts, isWhole } = await since(bus, '1')

    expect(isWhole).toBe(false)
    expect([texts.length, texts[0]]).toEqual([1_000, '501\n'])
    for (const id of ['1501', '999999', '', 'x', '-1', '1e3']) expect((await since(bus, id)).isWhole).toBe(false)
    expect((await since(bus, '500')).isWhole).toBe(true)
    expect((await since(bus, '499')).isWhole).toBe(false)
  })

  it('remembers at most 1 MiB', async () => {
    const bus = new EmbeddedBus()
    for (let n = 0; n < 100; n += 1) bus.publish(said(`${'x'.repeat(65_535)}\n`))

    expect(await bus.history(1_000)).toHaveLength(16)
  })

  it('misses nothing between history and following', async () => {
    const bus = new EmbeddedBus()
    bus.publish(said('before\n'))
    const before = await bus.history(100)
    bus.publish(said('between\n'))

    const heard = following(bus)
    bus.publish(said('after\n'))

    expect([...before, ...heard].map(text)).toEqual(['before\n', 'between\n', 'after\n'])
    expect(bus.place).toBe(heard[1]?.id)
  })

  it('is never full, keeps a secret of its own, and is silent once closed', async () => {
    const bus = new EmbeddedBus()
    const heard = following(bus)

    expect(bus.isFull).toBe(false)
    await bus.drained()
    await bus.settled()
    expect(await bus.secret()).toEqual(await bus.secret())
    expect(await bus.secret()).not.toEqual(await new EmbeddedBus().secret())
    expect(await bus.close()).toBe(0)
    bus.publish(said('late\n'))

    expect(heard).toEqual([])
  })
})

function said(lines: string): { lines: Buffer; count: number } {
  return { lines: Buffer.from(lines), count: lines.split('\n').length - 1 }
}

function following(bus: EmbeddedBus): Frame[] {
  const heard: Frame[] = []
  bus.follow({ onFrame: (frame) => heard.push(frame) })
  return heard
}

function text(frame: Frame): string {
  return String(frame.lines)
}

async function since(bus: EmbeddedBus, id: string): Promise<{ texts: string[]; isWhole: boolean }> {
  const given: Missed[] = []
  await bus.since(id, (missed) => given.push(missed))
  const [{ frames, isWhole }] = given as [Missed]
  return { texts: frames.map(text), isWhole }
}
