import { getEventListeners } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { readAll, text } from '../testing/bytes.ts'
import { collectEvents } from '../testing/collect-events.ts'
import { bytesInUse, openDescriptors } from '../testing/memory.ts'
import { type RawPeer, rawPeer } from '../testing/raw-peer.ts'
import { hasSettled, until } from '../testing/until.ts'
import { connect } from './connect.ts'
import type { Connection } from './connection.ts'
import { listen } from './listen.ts'
import type { Listener } from './listener.ts'

async function echo(connection: Connection): Promise<void> {
  for (let data = await connection.recv(); data; data = await connection.recv()) await connection.sendAll(data)
}

/** Sends for ever: to a peer that never reads, until it is stuck. */
async function flood(connection: Connection): Promise<void> {
  const chunk = Buffer.alloc(64 * 1024)
  while (true) await connection.sendAll(chunk)
}

async function rawPeers(count: number, listener: Listener, isReading = true): Promise<RawPeer[]> {
  return Promise.all(Array.from({ length: count }, () => rawPeer(listener.address, { isReading })))
}

describe('Listener.accept', () => {
  it('waits until somebody connects', async () => {
    await using listener = await listen()
    const accepting = listener.accept()
    expect(await hasSettled(accepting)).toBe(false)

    await using peer = await rawPeer(listener.address)
    await using connection = await accepting

    expect(connection.peer.port).toBe(peer.port)
  })

  it('gives those who waited for it in the order they came', async () => {
    await using listener = await listen()
    const ports: number[] = []
    for (let count = 0; count < 3; count += 1) {
      const peer = await rawPeer(listener.address)
      ports.push(peer.port)
      await until('it waits to be accepted', () => listener.stats.waiting === count + 1)
    }

    const accepted = [await listener.accept(), await listener.accept(), await listener.accept()]

    expect(accepted.map(({ peer }) => peer.port)).toEqual(ports)
    expect(listener.stats).toEqual({ accepted: 3, active: 3, peak: 3, dropped: 0, waiting: 0 })
    listener.abort()
  })

  it('serves several that wait in the order of their calls', async () => {
    await using listener = await listen()
    const order: number[] = []
    const acceptings = [1, 2, 3].map((number) => listener.accept().then(() => order.push(number)))

    for (let count = 1; count <= 3; count += 1) {
      await rawPeer(listener.address)
      await until('one more is served', () => order.length === count)
    }

    await Promise.all(acceptings)
    expect(order).toEqual([1, 2, 3])
    listener.abort()
  })

  it('gives up when the time is over, and leaves the next connection to the next call', async () => {
    await using listener = await listen()
    await expect(listener.accept({ timeout: 5 })).rejects.toMatchObject({ code: 'ETIMEDOUT', action: 'accept' })

    await using peer = await rawPeer(listener.address)
    await using connection = await listener.accept({ timeout: 5_000 })

    expect(connection.peer.port).toBe(peer.port)
  })

  it('gives up when the signal fires, before or meanwhile', async () => {
    await using listener = await listen()
    const controller = new AbortController()
    const accepting = listener.accept({ signal: controller.signal })

    controller.abort('enough')

    await expect(accepting).rejects.toMatchObject({ code: 'ECANCELED', cause: 'enough' })
    await expect(listener.accept({ signal: controller.signal })).rejects.toMatchObject({ code: 'ECANCELED' })
  })

  it('lets go of the signal when it succeeds', async () => {
    await using listener = await listen()
    const { signal } = new AbortController()
    const accepting = listener.accept({ signal, timeout: 60_000 })
    await using _peer = await rawPeer(listener.address)

    await using _connection = await accepting

    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('rejects a timeout that is none, and loses no connection by it', async () => {
    await using listener = await listen()
    await using peer = await rawPeer(listener.address)
    await until('it waits to be accepted', () => listener.stats.waiting === 1)

    await expect(listener.accept({ timeout: -1 })).rejects.toThrow(RangeError)

    await using connection = await listener.accept()
    expect(connection.peer.port).toBe(peer.port)
  })

  it('is woken with EBADF when somebody closes the listener', async () => {
    const listener = await listen()
    const acceptings = [listener.accept(), listener.accept({ timeout: 60_000 })].map((accepting) =>
      expect(accepting).rejects.toMatchObject({ code: 'EBADF', address: listener.address }),
    )

    await listener.close()

    await Promise.all(acceptings)
    await expect(listener.accept()).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('bears a peer that resets before it is accepted', async () => {
    await using listener = await listen()
    await using hasty = await rawPeer(listener.address)
    const { port } = hasty
    await until('it waits to be accepted', () => listener.stats.waiting === 1)
    hasty.reset()
    await using patient = await rawPeer(listener.address)
    await patient.send('here\n')

    await using first = await listener.accept()
    await using second = first.peer.port === patient.port ? first : await listener.accept()

    expect(text(await second.recv())).toBe('here\n')
    if (first !== second) {
      expect(first.peer).toEqual({ host: '127.0.0.1', port })
      await expect(first.recv()).rejects.toMatchObject({ code: 'ECONNRESET' })
    }
  })
})

describe('for await over a Listener', () => {
  it('gives one connection after the other, and ends when the listener closes', async () => {
    await using listener = await listen()
    const ports: number[] = []
    const loop = (async () => {
      for await (const connection of listener) {
        ports.push(connection.peer.port)
        void connection.close()
      }
    })()
    const peers = [await rawPeer(listener.address), await rawPeer(listener.address)]
    await until('both were accepted', () => ports.length === 2)

    await listener.close()
    await loop

    expect(ports).toEqual(peers.map(({ port }) => port))
  })

  it('leaves the listener as it is when the loop is left', async () => {
    await using listener = await listen()
    await using _first = await rawPeer(listener.address)
    for await (const connection of listener) {
      connection.abort()
      break
    }

    await using second = await rawPeer(listener.address)
    await using connection = await listener.accept()

    expect(listener.isClosed).toBe(false)
    expect(connection.peer.port).toBe(second.port)
  })

  it('throws EINVAL when nobody has called listen', async () => {
    const { socket } = await import('./listen.ts')
    await using listener = socket()
    await listener.bind({ host: '127.0.0.1', port: 0 })

    await expect(listener[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'EINVAL' })
  })

  it('has nothing to give once the listener is closed', async () => {
    const listener = await listen()
    await listener.close()

    expect(await listener[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  })
})

describe('Listener.serve', () => {
  it('lets nobody wait for anybody', async () => {
    await using listener = await listen()
    void listener.serve(echo)
    await using _silent = await rawPeer(listener.address)
    await using talker = await rawPeer(listener.address)

    await talker.send('still here\n')

    expect(String(await talker.hears(11))).toBe('still here\n')
  })

  it('closes the connection when the handler is done', async () => {
    await using listener = await listen()
    void listener.serve((connection) => connection.sendAll('bye\n'))
    await using peer = await rawPeer(listener.address)

    expect(String(await peer.hearsAll())).toBe('bye\n')
    await until('the connection is gone', () => listener.stats.active === 0)
  })

  it('ends the connection of a handler that throws, and no other', async () => {
    await using listener = await listen()
    const onError = vi.fn()
    void listener.serve(
      async (connection) => {
        const first = text(await connection.recv())
        if (first === 'fail\n') throw new Error('on purpose')
        await echo(connection)
      },
      { onError },
    )
    await using bystander = await rawPeer(listener.address)
    await bystander.send('stay\n')
    await using failing = await rawPeer(listener.address)
    await failing.send('fail\n')

    expect(await failing.ends()).toBe('FIN')
    expect(onError.mock.calls).toEqual([
      [new Error('on purpose'), expect.objectContaining({ peer: expect.anything() })],
    ])
    await bystander.send('still here\n')
    expect(String(await bystander.hears(11))).toBe('still here\n')
  })

  it('bears a handler that throws at once', async () => {
    await using listener = await listen()
    const onError = vi.fn()
    void listener.serve(
      () => {
        throw new Error('at once')
      },
      { onError },
    )
    await using peer = await rawPeer(listener.address)

    expect(await peer.ends()).toBe('FIN')
    expect(onError).toHaveBeenCalledTimes(1)
  })

  it('prints what a handler throws, unless it is the misfortune of a peer', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      await using listener = await listen()
      void listener.serve(async (connection) => {
        const first = text(await connection.recv())
        await connection.sendAll('go\n')
        await connection.recv()
        throw new Error(`wrong after ${first}`)
      })
      await using resetting = await rawPeer(listener.address)
      await resetting.send('reset')
      await resetting.hears(3)
      resetting.reset()
      await until('the connection is gone', () => listener.stats.active === 0)
      expect(printed).not.toHaveBeenCalled()

      await using leaving = await rawPeer(listener.address)
      await leaving.send('FIN')
      leaving.finish()
      await leaving.ends()
      expect(printed.mock.calls).toEqual([[expect.stringMatching(/^The handler of 127\.0\.0\.1:/), expect.any(Error)]])
    } finally {
      printed.mockRestore()
    }
  })

  it('resolves when the listener is closed and the last task has ended', async () => {
    await using listener = await listen()
    const serving = listener.serve(echo)
    await using peer = await rawPeer(listener.address)
    await peer.send('x')
    await peer.hears(1)

    await listener.close()
    expect(await hasSettled(serving)).toBe(false)
    await peer.send('y')
    expect(String(await peer.hears(1))).toBe('y')
    peer.finish()

    await serving
  })

  it('counts who came, who is there, and the most there were', async () => {
    await using listener = await listen()
    void listener.serve(echo)
    for (const peer of await rawPeers(3, listener)) peer.finish()
    await until('all have come and gone', () => listener.stats.accepted === 3 && listener.stats.active === 0)
    await using _last = await rawPeer(listener.address)
    await until('one more is there', () => listener.stats.accepted === 4)

    expect(listener.stats).toMatchObject({ active: 1, dropped: 0, waiting: 0 })
    expect(listener.stats.peak).toBeGreaterThanOrEqual(1)
    expect(listener.stats.peak).toBeLessThanOrEqual(3)
  })

  it('refuses, counts and tells whoever comes when it is full, and lets in again when somebody has left', async () => {
    using log = collectEvents()
    await using listener = await listen({ maxConnections: 2 })
    void listener.serve(echo)
    const inside = await rawPeers(2, listener)
    await until('both are in', () => listener.stats.active === 2)

    const refused = await rawPeers(3, listener)
    for (const peer of refused) expect(['FIN', 'ECONNRESET']).toContain(await peer.ends())

    expect(listener.stats).toEqual({ accepted: 2, active: 2, peak: 2, dropped: 3, waiting: 0 })
    const told = log.of('drop')
    expect(told.map(({ peer }) => peer).sort()).toEqual(refused.map(({ port }) => `127.0.0.1:${port}`).sort())
    expect(told).toEqual(told.map(() => expect.objectContaining({ conn: 0, code: 'EMFILE' })))

    inside[0]?.finish()
    await until('there is room', () => listener.stats.active === 1)
    await using newcomer = await rawPeer(listener.address)
    await newcomer.send('x')
    expect(String(await newcomer.hears(1))).toBe('x')
    for (const peer of [...inside, ...refused]) peer.socket.destroy()
  })
})

describe('Listener.close', () => {
  it('refuses newcomers, drops those nobody has taken, and leaves the others alone', async () => {
    await using listener = await listen()
    await using taken = await rawPeer(listener.address)
    await using connection = await listener.accept()
    await using untaken = await rawPeer(listener.address)
    await until('it waits to be accepted', () => listener.stats.waiting === 1)

    await listener.close()

    await expect(connect(listener.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await untaken.ends()).toBe('ECONNRESET')
    expect(listener.stats).toMatchObject({ dropped: 1, waiting: 0, active: 1 })
    await connection.sendAll('still here\n')
    expect(String(await taken.hears(11))).toBe('still here\n')
  })

  it('gives the port back before it resolves', async () => {
    for (let round = 0; round < 50; round += 1) {
      const first = await listen()
      const { address } = first
      await first.close()
      const second = await listen(address)
      await second.close()
    }
  })

  it('may be called twice, and before anything else', async () => {
    const { socket } = await import('./listen.ts')
    const listener = socket()
    await Promise.all([listener.close(), listener.close()])

    expect(listener.isClosed).toBe(true)
  })
})

describe('Listener.shutdown', () => {
  it('waits for what is under way, and reports', async () => {
    await using listener = await listen()
    const serving = listener.serve(async (connection) => {
      for await (const line of connection.lines()) {
        for (let turn = 0; turn < 50; turn += 1) await nextTurn() // it has to think
        await connection.sendAll(`${line}!\n`)
      }
    })
    await using peer = await rawPeer(listener.address)
    await peer.send('one\ntwo\n')
    await until('it is served', () => listener.stats.active === 1)

    const stopping = listener.shutdown({ deadline: 5_000 })
    expect(String(await peer.hearsAll())).toBe('one!\ntwo!\n')

    expect(await stopping).toEqual({ drained: 1, aborted: 0, ms: expect.any(Number) })
    await serving
  })

  it('gives an idle client the end of its stream, well before the deadline', async () => {
    await using listener = await listen()
    void listener.serve(echo)
    const peers = await rawPeers(5, listener)
    await until('all are served', () => listener.stats.active === 5)

    const { drained, aborted, ms } = await listener.shutdown({ deadline: 9_000 })

    expect({ drained, aborted }).toEqual({ drained: 5, aborted: 0 })
    expect(ms).toBeLessThan(4_000)
    for (const peer of peers) expect(peer.ending).toBe('FIN')
  })

  it('lets a client finish that keeps talking', async () => {
    await using listener = await listen()
    void listener.serve(echo)
    await using peer = await rawPeer(listener.address)
    await peer.send('.')
    await peer.hears(1)

    const stopping = listener.shutdown({ deadline: 8_000 })
    for (let round = 0; round < 50; round += 1) {
      await peer.send('x')
      expect(String(await peer.hears(1))).toBe('x')
      await new Promise((resolve) => setTimeout(resolve, 10)) // slower than a burst, faster than silence
    }
    peer.finish()

    expect(await stopping).toMatchObject({ drained: 1, aborted: 0 })
  })

  it('hears what came while this process was busy before it calls a peer quiet', async () => {
    await using listener = await listen()
    await using peer = await rawPeer(listener.address)
    await using connection = await listener.accept()
    const receiving = connection.recv()
    const stopping = listener.shutdown({ deadline: 5_000 })
    await nextTurn()

    peer.socket.write('in time')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300) // longer than a peer may be quiet

    expect(text(await receiving)).toBe('in time')
    peer.finish()
    await connection.close()
    expect(await stopping).toMatchObject({ drained: 1, aborted: 0 })
  })

  it('gives null for ever to a recv that it has ended, whatever the peer still says', async () => {
    await using listener = await listen()
    await using peer = await rawPeer(listener.address)
    await using connection = await listener.accept()
    const receiving = connection.recv()

    const stopping = listener.shutdown({ deadline: 10_000 })
    expect(await receiving).toBeNull()
    await peer.send('too late')
    await nextTurn()

    expect(await connection.recv()).toBeNull()
    await nextTurn()
    expect(await connection.recv()).toBeNull()
    peer.finish()
    expect(await connection.close()).toBe(true)
    expect(await stopping).toMatchObject({ drained: 1, aborted: 0 })
  })

  it('resets what is stuck at the deadline: 200 idle clients and 3 that never read', async () => {
    await using listener = await listen()
    const serving = listener.serve(async (connection) => {
      const first = text(await connection.recv())
      await (first === 'flood' ? flood(connection) : echo(connection))
    })
    const idle = await rawPeers(200, listener)
    const stuck = await rawPeers(3, listener, false)
    for (const peer of stuck) await peer.send('flood')
    await until('all are served', () => listener.stats.active === 203)
    const start = performance.now()

    const { drained, aborted, ms } = await listener.shutdown({ deadline: 1_000 })
    const took = performance.now() - start

    expect({ drained, aborted }).toEqual({ drained: 200, aborted: 3 })
    expect(ms).toBeGreaterThanOrEqual(990)
    expect(took).toBeLessThan(3_000)
    await serving
    await until('all are gone', () => listener.stats.active === 0)
    for (const peer of [...idle, ...stuck]) peer.socket.destroy()
  })

  it('gives the same promise when it is called again', async () => {
    await using listener = await listen()
    const first = listener.shutdown()

    expect(listener.shutdown({ deadline: 1 })).toBe(first)
    expect(await first).toEqual({ drained: 0, aborted: 0, ms: expect.any(Number) })
  })

  it('refuses a deadline that is none', async () => {
    await using listener = await listen()

    expect(() => listener.shutdown({ deadline: -1 })).toThrow(RangeError)
  })

  it('shuts a listener down that was closed before', async () => {
    await using listener = await listen()
    void listener.serve(echo)
    await using _peer = await rawPeer(listener.address)
    await until('it is served', () => listener.stats.active === 1)
    await listener.close()

    expect(await listener.shutdown({ deadline: 2_000 })).toMatchObject({ drained: 1, aborted: 0 })
  })
})

describe('Listener.abort', () => {
  it('resets every connection at once', async () => {
    await using listener = await listen()
    const serving = listener.serve(echo)
    const peers = await rawPeers(3, listener)
    await until('all are served', () => listener.stats.active === 3)

    listener.abort()

    for (const peer of peers) expect(await peer.ends()).toBe('ECONNRESET')
    await serving
    expect(listener.isClosed).toBe(true)
  })

  it('cuts a shutdown short, whose report then counts what was reset', async () => {
    await using listener = await listen()
    void listener.serve(flood)
    await using _peer = await rawPeer(listener.address, { isReading: false })
    await until('it is served', () => listener.stats.active === 1)

    const stopping = listener.shutdown({ deadline: 60_000 })
    await nextTurn()
    listener.abort()

    expect(await stopping).toMatchObject({ drained: 0, aborted: 1 })
  })
})

describe('await using a Listener', () => {
  it('shuts it down', async () => {
    let listener: Listener
    {
      await using scoped = await listen()
      listener = scoped
    }

    expect(listener.isClosed).toBe(true)
    await expect(connect(listener.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('a Listener that lives long', () => {
  it('keeps nothing of 2,000 clients that come and leave', async () => {
    await using listener = await listen()
    void listener.serve(echo)
    await comeAndLeave(300, listener)
    const before = { memory: await bytesInUse(), descriptors: descriptors() }

    await comeAndLeave(2_000, listener)

    expect(listener.stats).toMatchObject({ accepted: 2_300, active: 0, dropped: 0 })
    expect(descriptors()).toBe(before.descriptors)
    expect((await bytesInUse()) - before.memory).toBeLessThan(2_000 * 250)
  })

  it('bears clients that reset as soon as they are in', async () => {
    await using listener = await listen()
    const onError = vi.fn()
    void listener.serve(echo, { onError })
    for (let count = 0; count < 300; count += 1) {
      const peer = await rawPeer(listener.address)
      peer.reset()
    }
    await until('all have gone', () => listener.stats.active === 0)

    await using peer = await rawPeer(listener.address)
    await peer.send('fine\n')
    expect(String(await peer.hears(5))).toBe('fine\n')
    for (const [error] of onError.mock.calls) expect(error).toMatchObject({ code: 'ECONNRESET' })
  })
})

async function comeAndLeave(count: number, listener: Listener): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    const client = await connect(listener.address)
    await client.closeWrite()
    expect(await readAll(client)).toHaveLength(0)
    await client.close()
  }
  await until('all have left', () => listener.stats.active === 0)
}

function descriptors(): number {
  return process.platform === 'linux' ? openDescriptors() : 0
}
