import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { bytes, readAll, text } from '../testing/bytes.ts'
import { bytesInUse } from '../testing/memory.ts'
import { pair } from '../testing/pair.ts'
import { hasSettled, until, untilSteady } from '../testing/until.ts'
import { NetError } from './net-error.ts'

const MiB = 1024 * 1024
/** Node 20 shows a reset that follows data as EOF (spec of recv). */
const tellsResetAfterData = Number(process.versions.node.split('.')[0]) > 20

describe('Connection.recv', () => {
  it('waits until something has come, and gives it', async () => {
    await using it = await pair()
    const receiving = it.connection.recv()
    expect(await hasSettled(receiving)).toBe(false)

    await it.peer.send('oi\n')

    expect(text(await receiving)).toBe('oi\n')
  })

  it('gives at most as many bytes as were asked for, and keeps the rest', async () => {
    await using it = await pair()
    await it.peer.send('abcdef')

    expect(text(await it.connection.recv(1))).toBe('a')
    expect(text(await it.connection.recv(3))).toBe('bcd')
    expect(text(await it.connection.recv())).toBe('ef')
  })

  it('refuses to receive less than a byte', async () => {
    await using it = await pair()
    await it.peer.send('abc')

    for (const max of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(it.connection.recv(max)).rejects.toThrow(RangeError)
    }
    expect(text(await it.connection.recv())).toBe('abc')
  })

  it('tells an empty line from EOF', async () => {
    await using it = await pair()
    await it.peer.send('\n')

    expect(text(await it.connection.recv())).toBe('\n')
    it.peer.finish()
    expect(await it.connection.recv()).toBeNull()
  })

  it('gives null after the last byte, for ever', async () => {
    await using it = await pair()
    await it.peer.send('last')
    it.peer.finish()

    expect(text(await it.connection.recv(3))).toBe('las')
    expect(text(await it.connection.recv(3))).toBe('t')
    for (let count = 0; count < 5; count += 1) expect(await it.connection.recv()).toBeNull()
  })

  it('gives null after EOF also when the peer resets later', async () => {
    await using it = await pair()
    it.peer.finish()
    expect(await it.connection.recv()).toBeNull()

    it.peer.reset()
    await until('our end has noticed', async () => {
      await it.connection.sendAll('anybody?\n').catch(() => {})
      return it.connection.isClosed
    })

    expect(await it.connection.recv()).toBeNull()
  })

  it('serves several that wait in the order of their calls, each within its measure', async () => {
    await using it = await pair()
    const receivings = [it.connection.recv(2), it.connection.recv(3), it.connection.recv(100)]

    await it.peer.send('abcdefgh')

    expect((await Promise.all(receivings)).map(text)).toEqual(['ab', 'cde', 'fgh'])
  })

  it('gives EOF to all who wait', async () => {
    await using it = await pair()
    const receivings = [it.connection.recv(), it.connection.recv()]

    it.peer.finish()

    expect(await Promise.all(receivings)).toEqual([null, null])
  })

  it('loses no byte when it times out', async () => {
    await using it = await pair()
    await expect(it.connection.recv(10, { timeout: 5 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      action: 'recv',
      address: it.connection.peer,
    })

    await it.peer.send('abc')

    expect(text(await it.connection.recv(10, { timeout: 5_000 }))).toBe('abc')
  })

  it('loses no byte when it is called off, whichever moment that comes at', async () => {
    await using it = await pair()
    const sent = bytes(300)
    const heard: Uint8Array[] = []
    for (const [at, byte] of sent.entries()) {
      const controller = new AbortController()
      const receiving = it.connection.recv(1, { signal: controller.signal })
      const sending = it.peer.send(Uint8Array.of(byte))
      // Before the byte, after some turns of the loop, or when it is there.
      if (at % 3 === 0) controller.abort()
      if (at % 3 === 1) setImmediate(() => controller.abort())
      if (at % 3 === 2) await sending
      try {
        const chunk = await receiving
        if (chunk) heard.push(chunk)
      } catch (error) {
        if (!(error instanceof NetError) || error.code !== 'ECANCELED') throw error
      }
      await sending
    }
    it.peer.finish()
    heard.push(await readAll(it.connection))

    expect(Buffer.concat(heard).equals(sent)).toBe(true)
  })

  it('lets the others go on waiting when one is called off', async () => {
    await using it = await pair()
    const controller = new AbortController()
    const first = it.connection.recv(1, { signal: controller.signal })
    const second = it.connection.recv(1)
    controller.abort('enough')
    await expect(first).rejects.toMatchObject({ code: 'ECANCELED', cause: 'enough' })

    await it.peer.send('x')

    expect(text(await second)).toBe('x')
  })

  it('does not begin when the signal has fired already, and leaves what has come', async () => {
    await using it = await pair()
    await it.peer.send('abc')
    const signal = AbortSignal.abort('no need')

    await expect(it.connection.recv(3, { signal })).rejects.toMatchObject({ code: 'ECANCELED', cause: 'no need' })
    expect(text(await it.connection.recv())).toBe('abc')
  })

  it('rejects a timeout that is none, whether it would wait or not', async () => {
    await using it = await pair()
    await expect(it.connection.recv(1, { timeout: -1 })).rejects.toThrow(RangeError)
    await it.peer.send('ab')
    await it.connection.recv(1)

    await expect(it.connection.recv(1, { timeout: -1 })).rejects.toThrow(RangeError)
    expect(text(await it.connection.recv())).toBe('b')
  })

  it('leaves nothing on a signal that lives through 100,000 calls', async () => {
    await using it = await pair()
    const { signal } = new AbortController()
    let heard = 0
    for (let round = 0; round < 100; round += 1) {
      const receivings = Array.from({ length: 1_000 }, () => it.connection.recv(1, { signal, timeout: 60_000 }))
      await it.peer.send(Buffer.alloc(1_000))
      for (const chunk of await Promise.all(receivings)) heard += chunk?.length ?? 0
    }

    expect(heard).toBe(100_000)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(10)
  })

  it('is woken with EBADF when another task closes', async () => {
    await using it = await pair()
    const receivings = [it.connection.recv(), it.connection.recv()].map((receiving) =>
      expect(receiving).rejects.toMatchObject({ code: 'EBADF', action: 'recv' }),
    )

    const closing = it.connection.close()

    await Promise.all(receivings)
    await closing
    await expect(it.connection.recv()).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('is woken with EBADF when another task aborts', async () => {
    await using it = await pair()
    const receiving = expect(it.connection.recv()).rejects.toMatchObject({ code: 'EBADF', action: 'recv' })

    it.connection.abort()

    await receiving
    await expect(it.connection.recv()).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('says that the peer broke off before the first byte', async () => {
    await using it = await pair()
    const receiving = it.connection.recv().catch((error: unknown) => error)

    it.peer.reset()

    expect(await receiving).toMatchObject({
      name: 'NetError',
      code: 'ECONNRESET',
      message: `Cannot receive from 127.0.0.1:${it.peer.port}: the peer broke the connection off (ECONNRESET)`,
      cause: { code: 'ECONNRESET' },
    })
    await expect(it.connection.recv()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('says that the peer broke off when nobody was receiving', async () => {
    await using it = await pair()
    it.peer.reset()
    await until('the reset has left', () => it.peer.socket.closed)

    await expect(it.connection.recv()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('gives what came before the peer broke off, and then says that it did', async () => {
    await using it = await pair()
    await it.peer.send('cut sho')
    expect(text(await it.connection.recv(3))).toBe('cut')
    it.peer.reset()

    expect(text(await it.connection.recv())).toBe(' sho')
    if (tellsResetAfterData) await expect(it.connection.recv()).rejects.toMatchObject({ code: 'ECONNRESET' })
    else await expect(it.connection.recv().catch((error: NetError) => error.code)).resolves.toSatisfy(isNullOrReset)
  })

  it('wakes one that waits behind data when the peer breaks off', async () => {
    await using it = await pair()
    await it.peer.send('data')
    await it.connection.recv()
    const receiving = it.connection.recv().catch((error: NetError) => error.code)

    it.peer.reset()

    if (tellsResetAfterData) expect(await receiving).toBe('ECONNRESET')
    else expect(await receiving).toSatisfy(isNullOrReset)
  })

  it('holds a fast peer back while nobody receives, and then gives every byte', async () => {
    await using it = await pair()
    const sent = bytes(1 * MiB)
    const rounds = 24
    const start = Buffer.from('start')
    await it.peer.send(start)
    expect(text(await it.connection.recv())).toBe('start') // from here on it reads ahead
    const before = await bytesInUse()
    for (let round = 0; round < rounds; round += 1) void it.peer.send(sent)
    await untilSteady('the peer is stuck', () => it.peer.socket.bytesWritten - it.peer.socket.writableLength)

    expect(it.peer.socket.writableLength).toBeGreaterThan(4 * MiB)
    expect((await bytesInUse()) - before).toBeLessThan(2 * MiB)

    it.peer.finish()
    let at = 0
    for (let chunk = await it.connection.recv(); chunk; chunk = await it.connection.recv()) {
      const from = at % MiB
      const expected = Buffer.concat([sent.subarray(from), sent]).subarray(0, chunk.length)
      expect(Buffer.compare(chunk, expected)).toBe(0)
      at += chunk.length
    }
    expect(at).toBe(rounds * MiB)
  })

  it('takes nothing from a peer before the first call', async () => {
    await using it = await pair()
    const block = Buffer.alloc(MiB)
    for (let round = 0; round < 24; round += 1) void it.peer.send(block).catch(() => {})
    await untilSteady('the peer is stuck', () => it.peer.socket.writableLength)

    expect(it.peer.socket.writableLength).toBeGreaterThan(4 * MiB)
  })

  it('gives one byte at a time what comes one byte at a time', async () => {
    await using it = await pair()
    const dripping = it.peer.drip('olá, mundo\n').then(() => it.peer.finish())
    const all = await readAll(it.connection)

    expect(String(all)).toBe('olá, mundo\n')
    await dripping
  })
})

function isNullOrReset(outcome: unknown): boolean {
  return outcome === null || outcome === 'ECONNRESET'
}
