import { describe, expect, it } from 'vitest'
import { Connection, connect, Listener, listen, NetError } from '../../blocking.ts'
import { collectEvents } from '../../testing/collect-events.ts'
import { rawPeer } from '../../testing/raw-peer.ts'
import { newCounter, startThread } from '../../testing/threads.ts'
import { until } from '../../testing/until.ts'

describe('a connection that threads share', () => {
  it('carries each message of 64 threads whole', async () => {
    const rounds = 20
    const size = 3_000
    using listener = listen()
    await using peer = await rawPeer(listener.address)
    using connection = listener.accept()
    const letters = Array.from({ length: 64 }, (_, index) => String.fromCharCode(48 + index))

    const threads = letters.map((letter) =>
      startThread({ job: 'send', handle: connection.handle, letter, rounds, size }),
    )
    await Promise.all(threads.map(({ ended }) => ended))
    const all = String(await peer.hears(64 * rounds * size))

    const messages = all.match(/(.)\1{2999}/gs) ?? []
    expect(messages.join('').length).toBe(all.length)
    expect(messages).toHaveLength(64 * rounds)
    for (const letter of letters) expect(messages.filter((message) => message[0] === letter)).toHaveLength(rounds)
  }, 60_000)

  it('lives on when the thread that made it ends', async () => {
    const counter = newCounter()
    await startThread({ job: 'listen', counter }).ended
    using listener = Listener.from(Atomics.load(counter, 1))
    await using server = startThread({ job: 'serve', handle: listener.handle, counter })

    using client = connect(listener.address)
    client.sendAll('still here\n')
    client.closeWrite()

    expect(String(client.recv())).toBe('still here\n')
    expect(client.recv()).toBeNull()
    listener.close()
    await server.ended
  })

  it('is no listener, nor is a listener a connection', () => {
    using listener = listen()
    using client = connect(listener.address)
    using connection = listener.accept()

    for (const { handle } of [client, connection]) expect(() => Listener.from(handle)).toThrow('EBADF')
    expect(() => Connection.from(listener.handle)).toThrow('EBADF')
    expect(Connection.from(client.handle).isClosed).toBe(false)
    client.abort()
  })

  it('is refused to whoever comes with the number of one that is closed', async () => {
    using listener = listen()
    const counter = newCounter()
    const first = connect(listener.address)
    const other = listener.accept()
    const { handle } = first
    const threads = ['recv', 'send', 'close'].map((letter) =>
      startThread({ job: 'stale', handle, letter, rounds: 3_000, counter }),
    )
    await until('they are at work', () => Atomics.load(counter, 0) === 3)
    first.abort()
    other.close()

    // Take one place after the other, until somebody has the one that was theirs, and see that nobody interferes.
    const open: (typeof first)[][] = []
    const isTaken = (): boolean => open.flat().some((one) => one.handle % 1024 === handle % 1024)
    for (let count = 0; !isTaken() && count < 5_000; count += 1) {
      const client = connect(listener.address)
      open.push([client, listener.accept()])
      if (open.length > 400) for (const one of open.shift() ?? []) one.abort()
    }
    expect(isTaken()).toBe(true)
    while (Atomics.load(counter, 0) < 6) {
      for (const [index, [client, server]] of open.entries()) {
        client?.sendAll(`message ${index}`)
        expect(String(server?.recv())).toBe(`message ${index}`)
      }
      await Promise.race([
        Promise.all(threads.map(({ ended }) => ended)),
        new Promise((resolve) => setImmediate(resolve)),
      ])
    }
    await Promise.all(threads.map(({ ended }) => ended))
    for (const one of open.flat()) one.abort()
  })
})

describe('the table of sockets', () => {
  it('serves 10,000 connections one after the other over 1,023 places, without a mix-up', async () => {
    using listener = listen()
    const counter = newCounter()
    await using server = startThread({ job: 'serve', handle: listener.handle, counter })
    const seen = new Set<number>()
    for (let count = 0; count < 10_000; count += 1) {
      const client = connect(listener.address)
      seen.add(client.handle)
      const message = `message ${count}\n`
      client.sendAll(message)
      client.closeWrite()
      let heard = ''
      for (let data = client.recv(); data; data = client.recv()) heard += data
      if (heard !== message) throw new Error(`Heard ${JSON.stringify(heard)}, not ${JSON.stringify(message)}`)
      client.close()
    }

    expect(seen.size).toBe(10_000)
    expect(new Set([...seen].map((handle) => handle % 1024)).size).toBeLessThanOrEqual(1023)
    await until('the last one is closed', () => Atomics.load(counter, 0) === 10_000)
    expect(listener.stats).toMatchObject({ accepted: 10_000, active: 0, dropped: 0, waiting: 0 })
    listener.close()
    await server.ended
  }, 60_000)

  it('loses no place to host names that are too long', () => {
    const host = 'x'.repeat(1_100)
    for (let count = 0; count < 600; count += 1) {
      expect(() => connect({ host, port: 1 })).toThrow(RangeError)
      expect(() => listen({ host })).toThrow(RangeError)
    }

    using listener = listen()
    expect(listener.isClosed).toBe(false)
  })

  it('says EMFILE when it is full, and takes the next one when there is room again', () => {
    using listener = listen({ maxConnections: 1_000_000 })
    const open: ReturnType<typeof connect>[] = []
    let failure: unknown
    try {
      while (open.length < 2_000) open.push(connect(listener.address))
    } catch (error) {
      failure = error
    }

    expect(failure).toBeInstanceOf(NetError)
    expect(failure).toMatchObject({ code: 'EMFILE', action: 'connect' })
    expect(open.length).toBeGreaterThan(400)
    expect(open.length).toBeLessThan(1_023)
    for (const connection of open) connection.abort()
    using again = connect(listener.address)
    expect(again.isClosed).toBe(false)
    again.abort()
  })

  it('refuses above maxConnections, counts it, and lets in again when somebody has left', async () => {
    using log = collectEvents()
    using listener = listen({ maxConnections: 2 })
    await using one = await rawPeer(listener.address)
    await using _two = await rawPeer(listener.address)
    await using three = await rawPeer(listener.address)
    await three.ends()
    const first = listener.accept()
    using second = listener.accept()

    expect(listener.stats).toEqual({ accepted: 2, active: 2, peak: 2, dropped: 1, waiting: 0 })
    expect(() => listener.accept({ timeout: 1 })).toThrow('ETIMEDOUT')
    expect(log.of('drop')).toMatchObject([{ conn: 0, code: 'EMFILE', peer: `127.0.0.1:${three.port}` }])
    one.socket.destroy()
    first.abort()
    await using four = await rawPeer(listener.address)
    using third = listener.accept()
    await four.send('in')
    expect(String(third.recv())).toBe('in')
    second.abort()
    third.abort()
  })
})

describe('the events', () => {
  it('carry the lane of the thread that made the call, in the order of the await face', async () => {
    using log = collectEvents()
    using listener = listen()
    await using thread = startThread({ job: 'serve', handle: listener.handle })
    const lane = `thread-${thread.worker.threadId}`
    await log.tells('wait accept')
    await using peer = await rawPeer(listener.address)
    await until('it waits to receive', () => log.ops.includes('wait recv'))
    await peer.send('oi\n')
    expect(String(await peer.hears(3))).toBe('oi\n')
    peer.finish()
    await until('it is told', () => log.of('close').length === 1)
    const conn = log.of('accept')[0]?.conn

    const told = log.events.filter((event) => event.lane === lane && event.conn === conn)
    expect(told.map(({ op }) => op).filter((op) => op !== 'wait')).toEqual([
      'accept',
      'recv',
      'send',
      'eof',
      'fin',
      'close',
    ])
    expect(told.find(({ op }) => op === 'recv')).toMatchObject({ n: 3, offset: 0, peer: `127.0.0.1:${peer.port}` })
    expect(told.find(({ op }) => op === 'send')).toMatchObject({
      n: 3,
      offset: 0,
      data: Buffer.from('oi\n'),
    })
    expect(told.find(({ op }) => op === 'eof')).toMatchObject({ offset: 3 })
    expect(told.find(({ op }) => op === 'fin')).toMatchObject({ offset: 3 })
    expect(log.events.filter((event) => event.lane === 'main').map(({ op }) => op)).toEqual([
      'socket',
      'bind',
      'listen',
    ])
    expect(log.of('wait').find((event) => event.for === 'accept')).toMatchObject({ lane, conn: 0 })
    listener.close()
    await thread.ended
  })

  it('tell a reset once, with its code', async () => {
    using log = collectEvents()
    using listener = listen()
    await using peer = await rawPeer(listener.address)
    using connection = listener.accept()
    peer.reset()
    expect(() => connection.recv()).toThrow('ECONNRESET')
    expect(() => connection.recv()).toThrow('ECONNRESET')
    connection.close()

    expect(log.of('reset')).toMatchObject([{ conn: connection.id, code: 'ECONNRESET' }])
    expect(log.of('close')).toMatchObject([{ conn: connection.id }])
  })
})

describe('a thread that is terminated', () => {
  it('while it receives harms nobody', async () => {
    using listener = listen()
    await using peer = await rawPeer(listener.address)
    using connection = listener.accept()
    const counter = newCounter()
    {
      using log = collectEvents()
      await using _thread = startThread({ job: 'receive', handle: connection.handle, counter })
      await log.tells('wait recv')
    }
    await peer.send('for somebody else')

    expect(String(connection.recv())).toBe('for somebody else')
    connection.sendAll('thanks')
    expect(String(await peer.hears(6))).toBe('thanks')
    peer.finish()
  })

  it('in the middle of a message leaves a connection that close can end', async () => {
    using listener = listen()
    await using _peer = await rawPeer(listener.address, { isReading: false })
    const connection = listener.accept()
    {
      using log = collectEvents()
      await using _thread = startThread({ job: 'send', handle: connection.handle, size: 32 * 1024 * 1024 })
      await log.tells('wait send')
    }

    expect(connection.close({ deadline: 50 })).toBe(false)
    expect(connection.isClosed).toBe(true)
    const again = connect(listener.address)
    listener.accept().abort()
    again.abort()
  })
})
