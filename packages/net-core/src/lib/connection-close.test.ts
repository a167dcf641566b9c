import { once } from 'node:events'
import { createConnection } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { bytes } from '../testing/bytes.ts'
import { collectEvents } from '../testing/collect-events.ts'
import { pair } from '../testing/pair.ts'
import { rawListener } from '../testing/raw-peer.ts'
import { hasSettled, until, untilSteady } from '../testing/until.ts'
import { connect } from './connect.ts'
import { Connection } from './connection.ts'
import { listen } from './listen.ts'

const MiB = 1024 * 1024

describe('Connection.close', () => {
  it("sends the FIN, waits for the peer's, and says that all went well", async () => {
    await using it = await pair({ holdsOn: true })
    await it.connection.sendAll('bye\n')
    const closing = it.connection.close()
    expect(String(await it.peer.hearsAll())).toBe('bye\n')
    expect(await hasSettled(closing)).toBe(false)
    expect(it.connection.isClosed).toBe(true)

    it.peer.finish()

    expect(await closing).toBe(true)
    await until('the listener has forgotten it', () => it.listener.stats.active === 0)
  })

  it('ends when it is aborted while its FIN is on the way', async () => {
    await using it = await pair({ holdsOn: true })
    const closing = it.connection.close()
    it.connection.abort()

    await closing
    await until('the listener has forgotten it', () => it.listener.stats.active === 0)
  })

  it('hands on 30 MB that are still queued', async () => {
    await using it = await pair()
    const message = bytes(30_000_000)
    const sending = it.connection.sendAll(message)

    expect(await it.connection.close()).toBe(true)

    await sending
    expect((await it.peer.hearsAll()).equals(message)).toBe(true)
  })

  it('waits for a slow reader as long as it reads', async () => {
    await using it = await pair({ isReading: false })
    const message = bytes(16 * MiB)
    const sending = it.connection.sendAll(message)
    const closing = it.connection.close()
    await untilSteady('it is stuck', () => it.connection.queued)
    expect(await hasSettled(closing)).toBe(false)

    it.peer.read()

    expect(await closing).toBe(true)
    await sending
    expect((await it.peer.hearsAll()).equals(message)).toBe(true)
  })

  it('drops what the peer still sends, so that its FIN comes through and no RST destroys our last words', async () => {
    await using it = await pair({ holdsOn: true })
    await it.peer.send(Buffer.alloc(MiB))
    await it.connection.sendAll('last words')
    const closing = it.connection.close()
    await it.peer.send(Buffer.alloc(MiB))
    it.peer.finish()

    expect(await closing).toBe(true)
    expect(String(await it.peer.hearsAll())).toBe('last words')
  })

  it('waits a second for a peer that never closes, then lets the system finish', async () => {
    await using it = await pair({ holdsOn: true })
    await it.connection.sendAll('bye\n')
    const start = performance.now()

    expect(await it.connection.close()).toBe(true)

    const took = performance.now() - start
    expect(took).toBeGreaterThan(900)
    expect(took).toBeLessThan(3_000)
    expect(String(await it.peer.hearsAll())).toBe('bye\n')
  })

  it('waits no longer than the deadline for a peer that never closes', async () => {
    await using it = await pair({ holdsOn: true })
    await using other = await pair({ holdsOn: true })
    for (const { connection } of [it, other]) await connection.sendAll('bye\n')
    const ended: string[] = []
    const closing = other.connection.close().then(() => ended.push('after a second'))

    expect(await it.connection.close({ deadline: 300 })).toBe(true)
    ended.push('at the deadline')
    await closing

    expect(ended).toEqual(['at the deadline', 'after a second'])
    expect(String(await it.peer.hearsAll())).toBe('bye\n')
  })

  it('breaks off at the deadline when the peer never reads, and says so', async () => {
    await using it = await pair({ isReading: false })
    const sending = it.connection.sendAll(Buffer.alloc(32 * MiB)).catch((error: unknown) => error)
    const start = performance.now()

    expect(await it.connection.close({ deadline: 150 })).toBe(false)

    expect(performance.now() - start).toBeLessThan(2_000)
    expect(await sending).toMatchObject({ code: 'EBADF', action: 'send' })
    it.peer.read()
    expect(await it.peer.ends()).toBe('ECONNRESET')
  })

  it('gives the same promise when it is called again', async () => {
    await using it = await pair()
    const first = it.connection.close()

    expect(it.connection.close({ deadline: 1 })).toBe(first)
    expect(await first).toBe(true)
    expect(it.connection.close()).toBe(first)
  })

  it('says false of a connection that is gone already', async () => {
    await using it = await pair()
    const receiving = expect(it.connection.recv()).rejects.toMatchObject({ code: 'ECONNRESET' })
    it.peer.reset()
    await receiving

    expect(await it.connection.close()).toBe(false)
  })

  it('says true when both sides have said their last before', async () => {
    await using it = await pair()
    await it.connection.closeWrite()
    expect(await it.connection.recv()).toBeNull()
    await until('it is over', () => it.listener.stats.active === 0)

    expect(await it.connection.close()).toBe(true)
  })

  it('refuses a deadline that is none', async () => {
    await using it = await pair()

    expect(() => it.connection.close({ deadline: -1 })).toThrow(RangeError)
    expect(it.connection.isClosed).toBe(false)
  })

  it('ends at the end of the block with await using', async () => {
    await using listener = await rawListener()
    {
      await using connection = await connect(listener.address)
      await connection.sendAll('scoped')
    }
    await using peer = await listener.accept()

    expect(String(await peer.hearsAll())).toBe('scoped')
  })

  it('leaves no timer behind that keeps the program alive', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await using it = await pair()
    const before = timers()
    await it.connection.close()

    expect(timers()).toBeLessThanOrEqual(before)
  })
})

describe('Connection.abort', () => {
  it('breaks the connection off: the peer gets ECONNRESET, what is queued is dropped', async () => {
    await using it = await pair({ isReading: false })
    const sending = it.connection.sendAll(Buffer.alloc(32 * MiB)).catch((error: unknown) => error)
    await untilSteady('it is stuck', () => it.connection.queued)

    it.connection.abort()

    expect(await sending).toMatchObject({ code: 'EBADF', sent: expect.any(Number) })
    expect(it.connection.isClosed).toBe(true)
    it.peer.read()
    expect(await it.peer.ends()).toBe('ECONNRESET')
    expect(it.peer.heard).toBeLessThan(32 * MiB)
  })

  it('cuts a close short, which then says false', async () => {
    await using it = await pair({ isReading: false })
    const sending = it.connection.sendAll(Buffer.alloc(32 * MiB)).catch(() => {}) // cut off
    const closing = it.connection.close()
    await nextTurn()

    it.connection.abort()

    expect(await closing).toBe(false)
    await sending
  })

  it('may be called again, and after close', async () => {
    await using it = await pair()
    await it.connection.close()
    it.connection.abort()
    it.connection.abort()

    expect(await it.connection.close()).toBe(true)
  })

  it('makes close say false', async () => {
    await using it = await pair()
    it.connection.abort()

    expect(await it.connection.close()).toBe(false)
  })

  it('tells the reset and the end once each', async () => {
    using log = collectEvents()
    await using it = await pair()
    it.connection.abort()
    it.connection.abort()
    await log.tells('close')

    expect(log.events.filter(({ conn }) => conn === it.connection.id).map(({ op }) => op)).toEqual([
      'accept',
      'reset',
      'close',
    ])
  })
})

describe('Connection', () => {
  it('fails what waits when node:net ends the socket without a word', async () => {
    await using listener = await rawListener()
    const { host, port } = listener.address
    const socket = createConnection({ host, port, allowHalfOpen: true })
    await once(socket, 'connect')
    const connection = new Connection(socket)
    const receiving = expect(connection.recv()).rejects.toMatchObject({ code: 'ECONNRESET', action: 'recv' })

    socket.destroy()

    await receiving
    await expect(connection.sendAll('more')).rejects.toMatchObject({ code: 'ECONNRESET', action: 'send' })
    expect(await connection.close()).toBe(false)
  })

  it('has a number of its own, and addresses that outlive it', async () => {
    await using listener = await listen()
    const seen = new Set<number>()
    for (let round = 0; round < 3; round += 1) {
      const client = await connect(listener.address)
      const connection = await listener.accept()
      seen.add(client.id).add(connection.id)
      const ends = { local: client.local, peer: client.peer }
      await Promise.all([client.close(), connection.close()])
      expect({ local: client.local, peer: client.peer }).toEqual(ends)
      expect(connection.peer).toEqual(ends.local)
      expect(connection.local).toEqual(ends.peer)
    }

    expect(seen.size).toBe(6)
  })
})
