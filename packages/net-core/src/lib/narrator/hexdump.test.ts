import { describe, expect, it } from 'vitest'
import { hexdump } from './hexdump.ts'

describe('hexdump', () => {
  it('shows sixteen bytes a row, counted from the offset', () => {
    expect(hexdump(new TextEncoder().encode('hello, world, olá\n'), 0x1f0)).toEqual([
      '01f0  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 2c 20 6f 6c  hello, world, ol',
      '0200  c3 a1 0a                                          ...',
    ])
  })

  it('shows nothing of nothing', () => {
    expect(hexdump(new Uint8Array())).toEqual([])
  })

  it('has room for offsets of any length', () => {
    expect(hexdump(Uint8Array.of(0), 2 ** 40)[0]).toMatch(/^10000000000 {2}00 /)
  })
})
