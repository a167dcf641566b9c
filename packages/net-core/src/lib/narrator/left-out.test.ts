import { describe, expect, it } from 'vitest'
import { leftOut } from './left-out.ts'

describe('leftOut', () => {
  it('says how many lines are missing', () => {
    expect(leftOut('plain', 'en')(1)).toBe('Left out here: 1 line that nobody read in time\n')
    expect(leftOut('lanes', 'pt')(2)).toBe('Faltam aqui 2 linhas, que ninguém leu a tempo\n')
  })

  it('says it as an event where events are read', () => {
    const line = leftOut('json', 'en')(7)
    expect(line.endsWith('\n')).toBe(true)
    expect(JSON.parse(line)).toMatchObject({ conn: 0, op: 'error', n: 7, code: 'EOVERFLOW' })
  })
})
