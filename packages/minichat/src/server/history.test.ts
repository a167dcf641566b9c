import { describe, expect, it } from 'vitest'
import type { Frame } from './bus.ts'
import { History } from './history.ts'

describe('History', () => {
  it('gives the last lines, whole', () => {
    const history = new History({ lines: 3 })
    expect(history.text).toBe('')

    history.add(frame('one\ntwo\n'))
    expect(history.text).toBe('one\ntwo\n')
    history.add(frame('three\nfour\nfive\n'))
    expect(history.text).toBe('three\nfour\nfive\n')
    history.add(frame(''))
    expect(history.text).toBe('three\nfour\nfive\n')
  })

  it('leaves out who came and left', () => {
    const history = new History()

    history.add(frame('* ana joined\n<ana> oi\n* ana left\n'))

    expect(history.text).toBe('<ana> oi\n')
  })

  it('leaves no gap where the room itself spoke', () => {
    const history = new History({ lines: 3 })
    history.add(frame('one\n'))

    history.add(frame('two\nthree\n* ana left\nfour\n'))

    expect(history.text).toBe('two\nthree\nfour\n')
  })

  it('holds no more bytes than it may', () => {
    const history = new History({ bytes: 100 })

    for (let line = 0; line < 50; line += 1) history.add(frame(`${'ç'.repeat(12)}\n`))

    expect(history.text).toBe(`${'ç'.repeat(12)}\n`.repeat(4))
    history.add(frame(`${'x'.repeat(200)}\n`))
    expect(history.text).toBe('')
  })
})

function frame(lines: string): Frame {
  return { id: '1', origin: 'here', lines: Buffer.from(lines), count: lines.split('\n').length - 1, notes: [] }
}
