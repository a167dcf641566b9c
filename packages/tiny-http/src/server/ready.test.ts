import { describe, expect, it } from 'vitest'
import { Ready } from './ready.ts'

describe('Ready', () => {
  it('is a whole answer, the same memory until the date changes', () => {
    const ready = new Ready([['Content-Length', '4']], Buffer.from('oi!\n'))
    const one = ready.wire('Date: one\r\n')
    const two = ready.wire('Date: two\r\n')

    expect(one.toString()).toBe('HTTP/1.1 200 OK\r\nDate: one\r\nContent-Length: 4\r\n\r\noi!\n')
    expect(two.toString()).toBe('HTTP/1.1 200 OK\r\nDate: two\r\nContent-Length: 4\r\n\r\noi!\n')
    expect(ready.wire('Date: two\r\n')).toBe(two)
    expect(one.toString()).toContain('Date: one') // it may still be on its way
  })
})
