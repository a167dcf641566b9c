import { describe, expect, it } from 'vitest'
import { readNick } from './nick.ts'

describe('readNick', () => {
  it.each([
    ['ana', 'ana', 'ana'],
    ['João', 'João', 'joão'],
    ['Jo\u0061\u0303o', 'João', 'joão'], // the tilde apart
    ['ａｎａ', 'ana', 'ana'], // full width
    ['ﬁ_1-2', 'fi_1-2', 'fi_1-2'],
    ['x'.repeat(16), 'x'.repeat(16), 'x'.repeat(16)],
  ])('reads %j', (typed, nick, key) => expect(readNick(typed)).toEqual({ nick, key }))

  it.each([
    '',
    'x'.repeat(17),
    'two words',
    '*',
    '<ana>',
    'ana\n',
    'ana\x1b[2J',
    '\u202eana',
    'аna', // the first letter is Cyrillic
    'ana\u200b',
    '日本',
    '×',
  ])('refuses %j', (typed) => expect(readNick(typed)).toBe(undefined))
})
