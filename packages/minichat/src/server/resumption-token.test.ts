import { describe, expect, it } from 'vitest'
import { makeToken, readToken } from './resumption-token.ts'

const secret = Buffer.alloc(32, 'ours')
const origin = '0123456789abcdef'
const token = makeToken({ place: '1732370000000-12', nick: 'ana', origin }, secret)

describe('makeToken', () => {
  it('makes one word of at most 81 characters for the longest nick', () => {
    const longest = makeToken({ place: '1732370000000-1234', nick: 'a'.repeat(16), origin }, secret)

    expect(longest).toMatch(/^[\w.-]{1,81}$/)
  })

  it.each(['ana', 'joão_2', '日本', ''])('keeps the nick %j', (nick) => {
    expect(readToken(makeToken({ place: '7', nick, origin }, secret), secret)).toEqual({ place: '7', nick, origin })
  })
})

describe('readToken', () => {
  it('reads what was made with the same secret, whatever stands around it', () => {
    expect(readToken(` ${token}\r`, secret)).toEqual({ place: '1732370000000-12', nick: 'ana', origin })
  })

  it('reads nothing made with another secret', () => {
    expect(readToken(token, Buffer.alloc(32, 'theirs'))).toBe(undefined)
  })

  it('reads nothing that was changed anywhere', () => {
    for (let at = 0; at < token.length; at += 1) {
      // The last character of 16 bytes carries four bits that mean nothing.
      const other = at === token.length - 1 ? '*' : token[at] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, at) + other + token.slice(at + 1)
      expect(readToken(changed, secret), changed).toBe(undefined)
    }
  })

  it.each(['', 'rubbish', '..', '1.YW5h.', `1.YW5h.${'A'.repeat(22)}`, `${'9'.repeat(5_000)}.x.y`])(
    'reads nothing in %j',
    (text) => {
      expect(readToken(text, secret)).toBe(undefined)
    },
  )
})
