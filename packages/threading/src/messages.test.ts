import { describe, expect, it } from 'vitest'
import { ThreadError } from './lib/thread-error.ts'
import { type Language, type Message, messages, say } from './messages.ts'

const languages: Language[] = ['en', 'pt']
const entries: [string, Message][] = Object.entries(messages())

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort()
}

describe('messages', () => {
  it.each(languages)('say everything in %s', (language) => {
    expect(entries.filter(([, message]) => (message[language] ?? '').trim() === '').map(([id]) => id)).toEqual([])
  })

  it('take the same values in every language', () => {
    const differing = entries.filter(([, { en, pt }]) => `${placeholders(en)}` !== `${placeholders(pt)}`)
    expect(differing.map(([id]) => id)).toEqual([])
  })

  it('have no hint without its sentence', () => {
    const hints = entries.map(([id]) => id).filter((id) => id.startsWith('hint.'))
    expect(hints.filter((id) => !Object.hasOwn(messages(), id.slice('hint.'.length)))).toEqual([])
  })
})

describe('ThreadError', () => {
  it('says the sentence, the code, and the mend, in either language', () => {
    const error = new ThreadError('tooBig', { bytes: 9, room: 5 }, 'why')

    expect(error.message).toBe(
      'Cannot put 9 bytes into the queue: it has 5 (EMSGSIZE). Make it bigger: new Queue({ bytes }).',
    )
    expect(error.in('pt')).toBe(
      'Não é possível pôr 9 bytes na fila: ela tem 5 (EMSGSIZE). Faça uma fila maior: new Queue({ bytes }).',
    )
    expect(error.hint).toBe('Make it bigger: new Queue({ bytes }).')
    expect(error.cause).toBe('why')
    expect(new ThreadError('closed').hint).toBe('')
  })
})

describe('say', () => {
  it('puts the values in, and leaves a name without a value as it is', () => {
    expect(say({ en: '{a} and {b}', pt: '{a} e {b}' }, 'pt', { a: 1 })).toBe('1 e {b}')
  })
})
