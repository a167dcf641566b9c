import { describe, expect, it } from 'vitest'
import { bytes, text } from '../testing/bytes.ts'
import { collectEvents } from '../testing/collect-events.ts'
import { pair } from '../testing/pair.ts'
import { hasSettled, until, untilSteady } from '../testing/until.ts'
import type { Connection } from './connection.ts'
import type { NetError } from './net-error.ts'

const MiB = 1024 * 1024

/** What a tap has been told. */
class Heard {
  readonly chunks: Uint8Array[] = []
  readonly endings: (NetError | null)[] = []
  readonly tap: ReturnType<Connection['onChunk']>

  constructor(connection: Connection) {
    this.tap = connection.onChunk((chunk, error) => {
      if (chunk) this.chunks.push(chunk)
      else this.endings.push(error ?? null)
    })
  }

  get all(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

describe('Connection.onChunk', () => {
  it('is called with what comes, the moment it comes, and with null at EOF, once', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    await it.peer.send('one')
    await until('it is heard', () => heard.chunks.length === 1)
    await it.peer.send('two')
    it.peer.finish()
    await until('the end is heard', () => heard.endings.length > 0)

    expect(heard.chunks.map(text)).toEqual(['one', 'two'])
    expect(heard.endings).toEqual([null])
    expect(await it.connection.close()).toBe(true)
    expect(heard.endings).toEqual([null])
  })

  it('is called with the failure, once', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    it.peer.reset()
    await until('the end is heard', () => heard.endings.length > 0)
    await it.connection.close()

    expect(heard.endings).toEqual([expect.objectContaining({ code: 'ECONNRESET', action: 'recv' })])
    expect(heard.chunks).toEqual([])
  })

  it('is given first what recv has left', async () => {
    await using it = await pair()
    await it.peer.send('abcdef')
    expect(text(await it.connection.recv(2))).toBe('ab')

    const heard = new Heard(it.connection)
    await it.peer.send('gh')
    await until('all is heard', () => heard.all.length === 6)

    expect(String(heard.all)).toBe('cdefgh')
  })

  it('is called only after onChunk has returned, so that it may pause its tap', async () => {
    await using it = await pair()
    await it.peer.send('abc')
    await it.connection.recv(1)
    const chunks: (string | null)[] = []
    const tap = it.connection.onChunk((chunk) => {
      chunks.push(text(chunk))
      tap.pause()
    })
    expect(chunks).toEqual([])
    await until('it is heard', () => chunks.length > 0)

    expect(chunks).toEqual(['bc'])
  })

  it('goes on where recv had let a fast peer wait', async () => {
    await using it = await pair()
    const sent = bytes(16 * MiB)
    void it.peer.send(sent)
    it.peer.finish()
    const first = await it.connection.recv(1)
    await untilSteady('the peer is stuck', () => it.peer.socket.bytesWritten - it.peer.socket.writableLength)

    const heard = new Heard(it.connection)
    await until('the end is heard', () => heard.endings.length > 0)

    expect(Buffer.concat([first ?? Buffer.alloc(0), heard.all]).equals(sent)).toBe(true)
  })

  it('is not called while it is paused, and the peer is held back', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    heard.tap.pause()
    const sent = bytes(24 * MiB)
    void it.peer.send(sent)
    it.peer.finish()
    await untilSteady('the peer is stuck', () => it.peer.socket.bytesWritten - it.peer.socket.writableLength)
    expect(heard.chunks).toEqual([])
    expect(it.peer.socket.writableLength).toBeGreaterThan(4 * MiB)

    heard.tap.resume()
    await until('the end is heard', () => heard.endings.length > 0)

    expect(heard.all.equals(sent)).toBe(true)
    expect(heard.endings).toEqual([null])
  })

  it('may pause and go on in the middle of a call, every byte in its place', async () => {
    await using it = await pair()
    const chunks: Uint8Array[] = []
    let hasEnded = false
    const tap = it.connection.onChunk((chunk) => {
      if (!chunk) {
        hasEnded = true
        return
      }
      chunks.push(chunk)
      tap.pause()
      setImmediate(() => tap.resume())
    })
    const sent = bytes(4 * MiB)
    void it.peer.send(sent)
    it.peer.finish()
    await until('the end is heard', () => hasEnded)

    expect(Buffer.concat(chunks).equals(sent)).toBe(true)
  })

  it('keeps the end for a tap that is paused', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    heard.tap.pause()
    it.peer.finish()
    await until('the FIN has left', () => it.peer.socket.writableFinished)
    expect(heard.endings).toEqual([])

    heard.tap.resume()
    await until('the end is heard', () => heard.endings.length > 0)

    expect(heard.endings).toEqual([null])
  })

  it('takes the place of recv', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    await it.peer.send('for the tap')

    await expect(it.connection.recv()).rejects.toThrow(TypeError)
    expect(() => it.connection.onChunk(() => {})).toThrow(TypeError)
    await until('it is heard', () => heard.all.length > 0)
    expect(String(heard.all)).toBe('for the tap')
  })

  it('may not come between a recv and its bytes', async () => {
    await using it = await pair()
    const receiving = it.connection.recv()

    expect(() => it.connection.onChunk(() => {})).toThrow(TypeError)
    await it.peer.send('mine')
    expect(text(await receiving)).toBe('mine')
  })

  it('hears no more bytes after close', async () => {
    await using it = await pair({ holdsOn: true })
    const heard = new Heard(it.connection)
    const closing = it.connection.close()
    await it.peer.send('too late')
    it.peer.finish()

    expect(await closing).toBe(true)
    expect(heard.chunks).toEqual([])
    expect(heard.endings).toMatchObject([{ code: 'EBADF' }])
  })

  it('hears of a close while it is paused', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    heard.tap.pause()
    await it.connection.close({ deadline: 0 })

    expect(heard.endings).toMatchObject([{ code: 'EBADF' }])
  })

  it('hears no more bytes after abort', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    const sending = it.peer.send('too late').catch(() => {}) // it may be reset before
    it.connection.abort()
    await sending
    await it.peer.ends()

    expect(heard.chunks).toEqual([])
    expect(heard.endings).toMatchObject([{ code: 'EBADF' }])
  })

  it('is told the end by a shutdown when it hears nothing, but not while it is paused', async () => {
    await using idle = await pair()
    const heard = new Heard(idle.connection)
    const report = idle.listener.shutdown({ deadline: 5_000 })
    await until('the end is heard', () => heard.endings.length > 0)
    expect(heard.endings).toEqual([null])
    await idle.connection.close()
    expect(await report).toMatchObject({ drained: 1, aborted: 0 })

    await using busy = await pair()
    const late = new Heard(busy.connection)
    late.tap.pause()
    await busy.peer.send('under way')
    const stopping = busy.listener.shutdown({ deadline: 10_000 })
    expect(await hasSettled(stopping)).toBe(false)
    await untilSteady('longer than silence is borne', () => late.endings.length, 400)
    late.tap.resume()
    await until('it is heard', () => late.all.length > 0)
    expect(String(late.all)).toBe('under way')
    await busy.connection.close()
    expect(await stopping).toMatchObject({ drained: 1, aborted: 0 })
  })

  it('tells its events as recv does', async () => {
    using log = collectEvents()
    await using it = await pair()
    const heard = new Heard(it.connection)
    await it.peer.send('abc')
    await until('it is heard', () => heard.all.length === 3)
    await it.peer.send('defg')
    it.peer.finish()
    await until('the end is heard', () => heard.endings.length > 0)

    expect(log.of('recv').map(({ offset, n, data }) => [offset, n, text(data ?? null)])).toEqual([
      [0, 3, 'abc'],
      [3, 4, 'defg'],
    ])
    expect(log.of('eof')).toMatchObject([{ offset: 7, conn: it.connection.id }])
  })

  it('gives the connection back to recv, with what was not used', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    await it.peer.send('head body')
    await until('it is heard', () => heard.all.length === 9)
    using log = collectEvents()
    heard.tap.release(heard.all.subarray(5))
    await it.peer.send(' more')
    it.peer.finish()

    let came = ''
    for (let chunk = await it.connection.recv(3); chunk; chunk = await it.connection.recv(3)) came += text(chunk)
    expect(came).toBe('body more')
    expect(heard.endings).toEqual([])
    expect(log.of('recv')[0]).toMatchObject({ n: 3, offset: 5 })
  })

  it('gives a paused one back, too', async () => {
    await using it = await pair()
    const heard = new Heard(it.connection)
    heard.tap.pause()
    await it.peer.send('abc')
    heard.tap.release()

    expect(text(await it.connection.recv())).toBe('abc')
    expect(heard.chunks).toEqual([])
  })
})
