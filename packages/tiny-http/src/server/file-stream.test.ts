import { fstatSync, openSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../testing/temp-folder.ts'
import { FileStream } from './file-stream.ts'

const MIB = 1024 * 1024

/** Whether a descriptor is closed: whoever opens nothing else meanwhile may ask. */
function isClosed(fd: number): boolean {
  try {
    fstatSync(fd)
    return false
  } catch {
    return true
  }
}

async function all(stream: FileStream): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function content(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) % 251))
}

describe('FileStream', () => {
  it('gives the ranges asked for, with texts between them, and closes the file', async () => {
    const bytes = content(3 * MIB + 5)
    using folder = tempFolder({ a: bytes })
    const fd = openSync(join(folder.path, 'a'), 'r')
    const stream = new FileStream(fd, [
      { first: 0, last: 2 * MIB },
      '--\r\n',
      { first: 3 * MIB + 4, last: 3 * MIB + 4 },
    ])

    expect(await all(stream)).toEqual(
      Buffer.concat([bytes.subarray(0, 2 * MIB + 1), Buffer.from('--\r\n'), bytes.subarray(3 * MIB + 4)]),
    )
    await until('the file is closed', () => isClosed(fd))
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('reads at most a megabyte at a time, and only when it is asked', async () => {
    using folder = tempFolder({ a: content(2 * MIB + 1) })
    const stream = new FileStream(openSync(join(folder.path, 'a'), 'r'), [{ first: 0, last: 2 * MIB }])

    expect((await stream.next()).value?.length).toBe(MIB)
    await stream.return()
  })

  it('fails when the file becomes shorter, and sends nothing that it has grown by', async () => {
    using folder = tempFolder({ short: content(2 * MIB), long: content(10) })
    const short = openSync(join(folder.path, 'short'), 'r')
    const shrinking = new FileStream(short, [{ first: 0, last: 2 * MIB - 1 }])
    const growing = new FileStream(openSync(join(folder.path, 'long'), 'r'), [{ first: 0, last: 9 }])
    writeFileSync(join(folder.path, 'long'), content(100))

    await shrinking.next()
    truncateSync(join(folder.path, 'short'), 10)

    await expect(shrinking.next()).rejects.toThrow('shorter')
    await until('the file is closed', () => isClosed(short))
    expect((await all(growing)).length).toBe(10)
  })

  it('closes the file when it is told to stop: before it began, between two reads, and within one', async () => {
    using folder = tempFolder({ a: content(3 * MIB) })
    const open = (): number => openSync(join(folder.path, 'a'), 'r')
    const range = { first: 0, last: 3 * MIB - 1 }

    const first = open()
    await new FileStream(first, [range]).return()
    await until('the first is closed', () => isClosed(first))

    const second = open()
    const between = new FileStream(second, [range])
    await between.next()
    await between.return()
    await until('the second is closed', () => isClosed(second))

    const third = open()
    const within = new FileStream(third, [range])
    const read = within.next()
    await within.return()
    expect((await read).value?.length).toBe(MIB)
    await until('the third is closed', () => isClosed(third))
  })
})
