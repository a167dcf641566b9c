import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Language, type Message, messages, say } from './messages.ts'

const languages: Language[] = ['en', 'pt']
const entries: [string, Message][] = Object.entries(messages)
const source = readSource()

/** The text of every file of the package that is not a test. */
function readSource(): string {
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const files = globSync('**/*.ts', { cwd }).filter(
    (file) => !/\.(test|bench)\.ts$|^testing|^messages\.ts$/.test(file.replaceAll('\\', '/')),
  )
  return files.map((file) => readFileSync(`${cwd}/${file}`, 'utf8')).join('\n')
}

/** The ids that the code names in full, and the beginnings of those that it puts together (`hint.${code}`). */
function asked(): { readonly ids: string[]; readonly beginnings: string[] } {
  const families = [...new Set(entries.map(([id]) => id.split('.')[0]))].join('|')
  const named = source.matchAll(new RegExp(`['\`]((?:${families})\\.[\\w.]*)(['\`]|\\$\\{)`, 'g'))
  const all = [...named].map(([, id = '', end]) => ({ id, isWhole: end !== '${' }))
  return {
    ids: all.filter(({ isWhole }) => isWhole).map(({ id }) => id),
    beginnings: all.filter(({ isWhole }) => !isWhole).map(({ id }) => id),
  }
}

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

  it('have every text that the code asks for', () => {
    const { ids, beginnings } = asked()
    expect(ids.length).toBeGreaterThan(20)
    expect(ids.filter((id) => !Object.hasOwn(messages, id))).toEqual([])
    expect(beginnings.filter((beginning) => !entries.some(([id]) => id.startsWith(beginning)))).toEqual([])
  })

  it('have no text that nobody asks for', () => {
    const { ids, beginnings } = asked()
    const isAsked = (id: string): boolean =>
      ids.includes(id) || beginnings.some((beginning) => id.startsWith(beginning)) || source.includes(`'${id}'`)
    expect(entries.map(([id]) => id).filter((id) => !isAsked(id))).toEqual([])
  })

  it('have a reason for every failure that this package makes itself', () => {
    const made = [...source.matchAll(/(?:code: |leave\(|'(?:recv|send|accept)', |#failure\()'(E[A-Z]+)'/g)]
    const codes = new Set(made.map(([, code = '']) => code))
    codes.delete('EOVERFLOW') // told with a text of its own
    expect(codes.size).toBeGreaterThan(4)
    expect([...codes].filter((code) => !Object.hasOwn(messages, `reason.${code}`))).toEqual([])
  })
})

describe('say', () => {
  it('puts the values in, and leaves a name without a value as it is', () => {
    expect(say({ en: '{a} and {b}', pt: '{a} e {b}' }, 'pt', { a: 1 })).toBe('1 e {b}')
  })

  it('does not look for names within the values', () => {
    expect(say({ en: '{a}{b}', pt: '' }, 'en', { a: '{b}', b: 'x' })).toBe('{b}x')
  })
})
