import { describe, expect, it } from 'vitest'
import { LineQueue } from './line-queue.ts'

const line = `${'x'.repeat(1023)}\n`
const queueOf = (lines: number): LineQueue => {
  const queue = new LineQueue((lost) => `lost ${lost}\n`)
  for (let count = 0; count < lines; count += 1) queue.push(line)
  return queue
}
const drain = (queue: LineQueue): string => {
  let text = ''
  for (let data = queue.peek(); data.length > 0; data = queue.peek()) {
    text += data
    queue.take(data.length)
  }
  return text
}

describe('LineQueue', () => {
  it('gives back what it was given, also in small bites', () => {
    const queue = queueOf(0)
    queue.push('olá\n')
    queue.push('☕\n')
    let bytes = Buffer.alloc(0)
    while (!queue.isEmpty) {
      bytes = Buffer.concat([bytes, queue.peek().subarray(0, 1)])
      queue.take(1)
    }
    expect(String(bytes)).toBe('olá\n☕\n')
  })

  it('keeps 256 KiB, and tells in their place how many lines found no room', () => {
    const queue = queueOf(256)
    queue.push('a\nb\n')
    queue.push('c')
    expect(queue.bytes).toBe(256 * 1024)
    expect(drain(queue)).toBe(`${line.repeat(256)}lost 3\n`)
    expect(queue.isEmpty).toBe(true)
  })

  it('takes no more lines after a loss until half of the room is free: one gap, not many', () => {
    const queue = queueOf(257)
    queue.peek()
    queue.take(100 * 1024)
    queue.push('too early\n')
    queue.take(28 * 1024)
    queue.push('again\n')
    expect(drain(queue)).toBe(`${line.repeat(128)}lost 2\nagain\n`)
  })

  it('takes a text that is larger than its room when nothing else waits', () => {
    const queue = queueOf(0)
    queue.push(line.repeat(300))
    expect(queue.bytes).toBe(300 * 1024)
  })

  it('forgets everything when nobody will read it', () => {
    const queue = queueOf(300)
    queue.clear()
    expect(queue.isEmpty).toBe(true)
    expect(drain(queue)).toBe('')
  })
})
