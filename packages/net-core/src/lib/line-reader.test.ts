import { describe, expect, it } from 'vitest'
import { text } from '../testing/bytes.ts'
import { bytesInUse } from '../testing/memory.ts'
import { type Pair, pair } from '../testing/pair.ts'
import { until } from '../testing/until.ts'
import type { LineOptions } from './line-splitter.ts'

/** The lines of what a peer sends, in these pieces, before its FIN. */
async function linesOf(pieces: readonly (string | Uint8Array)[], options?: LineOptions): Promise<Said> {
  await using it = await pair()
  return await saidBy(it, pieces, options)
}

interface Said {
  lines: string[]
  isCut: boolean
}

async function saidBy(it: Pair, pieces: readonly (string | Uint8Array)[], options?: LineOptions): Promise<Said> {
  const sending = (async () => {
    for (const piece of pieces) {
      await it.peer.send(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    it.peer.finish()
  })()
  sending.catch(() => {})
  const reader = it.connection.lines(options)
  const lines: string[] = []
  for await (const line of reader) lines.push(line)
  return { lines, isCut: reader.isCut }
}

describe('Connection.lines', () => {
  it('gives lines without their ends, empty ones, too', async () => {
    expect(await linesOf(['one\ntwo\n\nfour\n'])).toEqual({ lines: ['one', 'two', '', 'four'], isCut: false })
  })

  it('takes LF and CRLF for an end, and a CR elsewhere for a part of the line', async () => {
    expect(await linesOf(['one\r\ntwo\n\r\na\rb\r\r\n'])).toEqual({
      lines: ['one', 'two', '', 'a\rb\r'],
      isCut: false,
    })
  })

  it('finds the end also when CR and LF come apart', async () => {
    expect(await linesOf(['one\r', '\ntwo', '\r\n'])).toEqual({ lines: ['one', 'two'], isCut: false })
  })

  it('gives a last line without an end, and says that it is cut', async () => {
    expect(await linesOf(['one\nthr'])).toEqual({ lines: ['one', 'thr'], isCut: true })
  })

  it('gives nothing when nothing came', async () => {
    expect(await linesOf([])).toEqual({ lines: [], isCut: false })
  })

  it('joins a line that comes in several chunks', async () => {
    expect(await linesOf(['o', 'n', 'e\nt', 'wo\n'])).toEqual({ lines: ['one', 'two'], isCut: false })
  })

  it('joins a character that is cut between chunks', async () => {
    const whole = Buffer.from('olá, 世界 😀\n')
    for (let at = 1; at < whole.length; at += 1) {
      expect(await linesOf([whole.subarray(0, at), whole.subarray(at)])).toEqual({
        lines: ['olá, 世界 😀'],
        isCut: false,
      })
    }
  })

  it('reads what comes one byte at a time', async () => {
    await using it = await pair()
    const dripping = it.peer.drip('olá\r\n世界\n😀').then(() => it.peer.finish())
    const reader = it.connection.lines()
    const lines: string[] = []
    for await (const line of reader) lines.push(line)
    await dripping

    expect({ lines, isCut: reader.isCut }).toEqual({ lines: ['olá', '世界', '😀'], isCut: true })
  })

  it('puts U+FFFD for bytes that are not UTF-8, and keeps a byte order mark', async () => {
    expect((await linesOf([Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xc3, 0x0a])])).lines).toEqual(['a\ufffdb', '\ufffd'])
    expect((await linesOf(['\ufeffone\n'])).lines).toEqual(['\ufeffone'])
  })

  it('leaves the connection as it is when the loop is left', async () => {
    await using it = await pair()
    await it.peer.send('one\n')
    for await (const line of it.connection.lines()) {
      expect(line).toBe('one')
      break
    }
    await it.peer.send('two\n')

    expect(text(await it.connection.recv())).toBe('two\n')
    expect(it.connection.isClosed).toBe(false)
  })

  it('gives nothing more once it has ended', async () => {
    await using it = await pair()
    it.peer.finish()
    const reader = it.connection.lines()

    for (let count = 0; count < 3; count += 1) {
      expect(await reader.next()).toEqual({ done: true, value: undefined })
    }
  })

  it('gives every line once to several that ask at the same time', async () => {
    await using it = await pair()
    const reader = it.connection.lines()
    const asking = [reader.next(), reader.next(), reader.next()]
    await it.peer.send('one\ntwo\n')
    await it.peer.send('three\n')

    expect((await Promise.all(asking)).map(({ value }) => value)).toEqual(['one', 'two', 'three'])
  })

  it('throws when the peer breaks off', async () => {
    await using it = await pair()
    const reading = it.connection.lines().next()
    const failing = expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' })

    it.peer.reset()

    await failing
  })

  it('refuses a limit that is none', async () => {
    await using it = await pair()

    for (const maxBytes of [0, -1, 1.5, Number.NaN]) {
      expect(() => it.connection.lines({ maxBytes })).toThrow(RangeError)
    }
  })
})

describe('a line that is too long', () => {
  const limit = { maxBytes: 4 }

  it('is one byte above the limit, its end not counted', async () => {
    expect((await linesOf(['abcd\nefgh\r\n'], limit)).lines).toEqual(['abcd', 'efgh'])
    await expect(linesOf(['abcde\n'], limit)).rejects.toMatchObject({ code: 'EMSGSIZE' })
    await expect(linesOf(['abcd\re\n'], limit)).rejects.toMatchObject({ code: 'EMSGSIZE' })
  })

  it('is not one whose CR and LF come in chunks of their own', async () => {
    expect((await linesOf(['abcd', '\r', '\nefgh\n'], limit)).lines).toEqual(['abcd', 'efgh'])
  })

  it('throws EMSGSIZE, after the lines before it, though its end has not come', async () => {
    await using it = await pair()
    await it.peer.send('one\nfar too long')
    const reader = it.connection.lines(limit)
    expect(await reader.next()).toEqual({ done: false, value: 'one' })

    await expect(reader.next()).rejects.toMatchObject({
      code: 'EMSGSIZE',
      message: `Cannot receive from 127.0.0.1:${it.peer.port}: the peer sent a longer line than is allowed (EMSGSIZE)`,
    })
    expect(await reader.next()).toEqual({ done: true, value: undefined })
    expect(it.connection.isClosed).toBe(false)
  })

  it('is cut to the limit, and the rest of it dropped, with "truncate"', async () => {
    const options = { ...limit, overflow: 'truncate' } as const

    expect((await linesOf(['abcdefgh\nij\nklmnop\r\n'], options)).lines).toEqual(['abcd', 'ij', 'klmn'])
    expect((await linesOf(['abc', 'def', 'gh\ni', 'j\n'], options)).lines).toEqual(['abcd', 'ij'])
    expect(await linesOf(['abcdefgh'], options)).toEqual({ lines: ['abcd'], isCut: true })
    expect(await linesOf(['abcd\rx\nij\n'], options)).toEqual({ lines: ['abcd', 'ij'], isCut: false })
  })

  it('never cuts a character in two with "truncate"', async () => {
    const options = { ...limit, overflow: 'truncate' } as const

    expect((await linesOf(['abc😀\n'], options)).lines).toEqual(['abc'])
    expect((await linesOf(['áéí\n'], options)).lines).toEqual(['áé'])
    expect((await linesOf(['aáéí\n'], options)).lines).toEqual(['aá'])
  })

  it('closes the connection and ends the lines with "close"', async () => {
    await using it = await pair()
    const { lines } = await saidBy(it, ['one\nfar too long\nthree\n'], { ...limit, overflow: 'close' })

    expect(lines).toEqual(['one'])
    expect(it.connection.isClosed).toBe(true)
    expect(await it.peer.ends()).toBe('FIN')
  })

  it('is not held in memory: 64 MB without an end', async () => {
    await using it = await pair()
    const block = Buffer.alloc(1024 * 1024, 'x')
    const reader = it.connection.lines({ maxBytes: 1_000_000, overflow: 'truncate' })
    const before = await bytesInUse()
    const reading = reader.next()
    reading.catch(() => {})
    for (let count = 1; count <= 64; count += 1) {
      await it.peer.send(block)
      if (count % 16 === 0) expect((await bytesInUse()) - before).toBeLessThan(6_000_000)
    }
    await it.peer.send('\nnext\n')

    expect((await reading).value).toHaveLength(1_000_000)
    expect((await reader.next()).value).toBe('next')
  })

  it('takes no more memory for coming one byte at a time', async () => {
    await using it = await pair()
    const reader = it.connection.lines({ maxBytes: 65_536 })
    const before = await bytesInUse()
    const reading = reader.next()
    reading.catch(() => {})
    await it.peer.drip(Buffer.alloc(20_000, 'x'))
    await until('all of it was taken', () => it.peer.socket.writableLength === 0)

    expect((await bytesInUse()) - before).toBeLessThan(1_000_000)
    await it.peer.send('\n')
    expect((await reading).value).toHaveLength(20_000)
  })

  it('is read in a time that grows with its length, not with the square of it', async () => {
    const short = Buffer.from('a line\n'.repeat(200_000))
    const long = Buffer.alloc(8 * 1024 * 1024, 'x')
    const start = performance.now()

    expect((await linesOf([short])).lines).toHaveLength(200_000)
    expect((await linesOf([long, '\n'], { maxBytes: 16 * 1024 * 1024 })).lines[0]).toHaveLength(long.length)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
