import { describe, expect, it } from 'vitest'
import { callerFile, contains } from './caller-file.ts'

describe('contains', () => {
  const text = 'const a = 1\nexport function add(a: number, b: number): number {\n  return a + b\n}\n'

  it('finds a text, and one whose types Node has blanked out', () => {
    expect(contains(text, 'function add(a: number, b: number): number {\n  return a + b\n}')).toBe(true)
    expect(contains(text, 'function add(a        , b        )         {\n  return a + b\n}')).toBe(true)
  })

  it('finds no other', () => {
    expect(contains(text, 'function add(a        , b        )         {\n  return a - b\n}')).toBe(false)
    expect(contains(text, 'function sub() {}')).toBe(false)
    expect(contains(text, `${text} and more`)).toBe(false)
  })
})

describe('callerFile', () => {
  it('gives nothing for what is not written in the file that calls', () => {
    expect(callerFile(contains, 1)).toBeUndefined()
    expect(callerFile(Math.max, 1)).toBeUndefined()
    expect(callerFile(Math.max, 100)).toBeUndefined()
  })
})
