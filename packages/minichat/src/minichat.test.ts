import { readFileSync } from 'node:fs'
import { connect as nodeConnect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startChat } from './testing/chat-process.ts'

describe('minichat, the program to be read', () => {
  it('has at most 80 lines of code', () => {
    const source = readFileSync(fileURLToPath(new URL('minichat.ts', import.meta.url)), 'utf8')
    const code = source.replace(/\/\*.*?\*\//gs, '').split('\n')
    expect(code.filter((line) => !/^\s*(\/\/.*)?$/.test(line)).length).toBeLessThanOrEqual(80)
  })

  it('cuts nobody off who reads, however fast others speak', async () => {
    await using chat = await startChat(['--model', 'threads'], 3)
    const text = Array.from({ length: 1_000 }, (_, number) => `${number} ${'x'.repeat(100)}\n`).join('')

    const [ana, rui, ...silent] = chat.clients
    const speaking = [ana.says(text), rui.says(text)]

    for (const client of [ana, rui, ...silent]) expect((await client.hearsNext(2_000)).every(isLine)).toBe(true)
    await Promise.all(speaking)
  })

  it('goes on when two who speak all the time are cut off from each other', async () => {
    // Held by a lock while sending, this is the deadlock: each speaker's thread waits for the other to read.
    await using chat = await startChat(['--model', 'threads'], 1)
    const block = Buffer.from(`${'x'.repeat(60_000)}\n`)
    const loud = [1, 2].map(() => nodeConnect(chat.address).pause())
    for (const socket of loud) {
      socket.on('error', () => undefined)
      const fill = (): void => {
        while (!socket.destroyed && socket.write(block));
      }
      socket.on('drain', fill)
      fill()
    }
    const [ana] = chat.clients
    let heard = 0
    const left = new Set<string>()
    while (left.size < 2) {
      const line = await ana.hears()
      if (line?.startsWith('* ')) left.add(line)
      heard += 1
    }

    expect(heard).toBeGreaterThan(10)
    expect([...left].every((line) => / left \((too slow|connection lost)\)$/.test(line))).toBe(true)
    await ana.says('alone again\n')
    expect(await ana.hears('alone again')).toBe('alone again')
    for (const socket of loud) socket.destroy()
  })
})

function isLine(line: string | undefined): boolean {
  return /^\d+ x{100}$/.test(line ?? '')
}
