import { setTimeout as pause } from 'node:timers/promises'
import { until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { Announcer } from './announcer.ts'

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

  it('puts a storm into a sentence for each window, and goes back to single ones behind it', async () => {
    const { announcer, said } = listening()
    for (let number = 1; number <= 10; number += 1) announcer.announce({ what: 'joined', sentence: `${number} joined` })
    expect(said).toEqual(['1 joined', '2 joined', '3 joined'])
    await until('the window ends', () => said.length === 4)
    expect(said[3]).toBe('7 joined, 0 left')

    announcer.announce({ what: 'left', sentence: 'one left' })
    announcer.announce({ what: 'joined', sentence: 'one joined' })
    await until('the next window ends', () => said.length === 5)
    expect(said[4]).toBe('1 joined, 1 left')

    await pause(120)
    announcer.announce({ what: 'left', sentence: 'the last left' })
    expect(said[5]).toBe('the last left')
    announcer.close()
  })

  it('says nothing more once it is closed', async () => {
    const { announcer, said } = listening()
    for (let number = 0; number < 10; number += 1) announcer.announce({ what: 'left', sentence: 'one left' })

    announcer.close()

    await pause(80)
    expect(said).toHaveLength(3)
  })
})
