import { describe, expect, it } from 'vitest'
import { Incoming } from './incoming.ts'

describe('Incoming', () => {
  it('keeps short pieces together, and none of the memory that they came in', async () => {
    const incoming = new Incoming(() => {})
    const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, at) => at % 251))
    for (const byte of bytes) incoming.push(Buffer.alloc(1, byte))
    incoming.end()

    const chunks: Uint8Array[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    expect(chunks.length).toBeLessThan(10)
  })

  it('gives the same bytes, whatever their pieces, and whenever they are read', async () => {
    const incoming = new Incoming(() => {})
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251))
    const got: Uint8Array[] = []
    let at = 0
    for (let round = 0; at < bytes.length; round += 1) {
      const length = [1, 3, 1023, 1024, 700, 5000][round % 6] as number
      incoming.push(bytes.subarray(at, at + length))
      at += length
      if (round % 7 === 0) got.push((await incoming.next()).value ?? Buffer.alloc(0))
    }
    incoming.end()
    for await (const chunk of incoming) got.push(chunk)

    expect(Buffer.concat(got).equals(bytes)).toBe(true)
  })
})
