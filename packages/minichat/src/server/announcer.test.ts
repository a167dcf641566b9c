import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Announcer } from './announcer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function listening(): { announcer: Announcer; said: string[] } {
  const said: string[] = []
  const announcer = new Announcer({
    burst: 3,
    windowMs: 50,
    say: (sentence) => said.push(sentence),
    sum: (joined, left) => `${joined} joined, ${left} left`,
  })
  return { announcer, said }
}

describe('Announcer', () => {
  it('announces one by one while it is quiet', () => {
    const { announcer, said } = listening()

    announcer.announce({ what: 'joined', sentence: 'ana joined' })
    announcer.announce({ what: 'left', sentence: 'rui left' })

    expect(said).toEqual(['ana joined', 'rui left'])
    announcer.close()
  })

  it('puts a storm into a sentence for each window, and goes back to single ones behind it', () => {
    const { announcer, said } = listening()
    for (let number = 1; number <= 10; number += 1) announcer.announce({ what: 'joined', sentence: `${number} joined` })
    expect(said).toEqual(['1 joined', '2 joined', '3 joined'])
    vi.advanceTimersByTime(50)
    expect(said.slice(3)).toEqual(['7 joined, 0 left'])

    announcer.announce({ what: 'left', sentence: 'one left' })
    announcer.announce({ what: 'joined', sentence: 'one joined' })
    vi.advanceTimersByTime(50)
    expect(said.slice(4)).toEqual(['1 joined, 1 left'])

    vi.advanceTimersByTime(50)
    announcer.announce({ what: 'left', sentence: 'the last left' })
    expect(said.slice(5)).toEqual(['the last left'])
    announcer.close()
  })

  it('says nothing more once it is closed', () => {
    const { announcer, said } = listening()
    for (let number = 0; number < 10; number += 1) announcer.announce({ what: 'left', sentence: 'one left' })

    announcer.close()

    vi.advanceTimersByTime(1_000)
    expect(said).toHaveLength(3)
    expect(vi.getTimerCount()).toBe(0)
  })
})
