import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { text } from '../testing/bytes.ts'
import { collectEvents } from '../testing/collect-events.ts'
import { openDescriptors } from '../testing/memory.ts'
import { rawListener } from '../testing/raw-peer.ts'
import { until } from '../testing/until.ts'
import { connect } from './connect.ts'
import { listen } from './listen.ts'
import { NetError } from './net-error.ts'

/** A port on 127.0.0.1 where nobody listens. */
async function closedPort(): Promise<number> {
  const listener = await listen()
  await listener.close()
  return listener.address.port
}

describe('connect', () => {
  it('gives a connection that knows both its ends', async () => {
    await using listener = await rawListener()
    await using connection = await connect(listener.address)
    await using peer = await listener.accept()

    expect(connection.peer).toEqual(listener.address)
    expect(connection.local).toEqual({ host: '127.0.0.1', port: peer.socket.remotePort })
    await connection.sendAll('oi\n')
    expect(String(await peer.hears(3))).toBe('oi\n')
    await peer.send('olá\n')
    expect(text(await connection.recv())).toBe('olá\n')
  })

  it('does not need the peer to accept', async () => {
    await using listener = await listen()
    await using connection = await connect(listener.address)
    await connection.sendAll('early\n')

    await connection.closeWrite()

    await using accepted = await listener.accept()
    expect(text(await accepted.recv())).toBe('early\n')
  })

  it('loses nothing that comes before the first recv', async () => {
    await using listener = await rawListener()
    await using connection = await connect(listener.address)
    await using peer = await listener.accept()
    await peer.send('first words')
    peer.finish()
    await until('they have been sent', () => peer.socket.writableFinished)

    expect(text(await connection.recv(5))).toBe('first')
    expect(text(await connection.recv())).toBe(' words')
    expect(await connection.recv()).toBeNull()
  })

  it('says that nobody listens there', async () => {
    const port = await closedPort()
    const failure = await connect({ port }).catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(NetError)
    expect(failure).toMatchObject({
      code: 'ECONNREFUSED',
      action: 'connect',
      message: `Cannot connect to 127.0.0.1:${port}: nobody is listening there (ECONNREFUSED)`,
      hint: expect.stringMatching(/running/),
      address: { host: '127.0.0.1', port },
      cause: { code: 'ECONNREFUSED', syscall: 'connect' },
    })
  })

  it('says so of a name that stands for several addresses, too', async () => {
    const port = await closedPort()

    await expect(connect({ host: 'localhost', port })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: `Cannot connect to localhost:${port}: nobody is listening there (ECONNREFUSED)`,
    })
  })

  it('says that a name is of no machine', async () => {
    await expect(connect({ host: 'no-such-machine.invalid', port: 1 })).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/), // EAI_AGAIN: a machine without a network
      message: expect.stringMatching(/^Cannot connect to no-such-machine\.invalid:1: /),
    })
  })

  it('refuses what is no port and what is no time', async () => {
    for (const port of [-1, 70_000, 1.5]) await expect(connect({ port })).rejects.toThrow(RangeError)
    await expect(connect({ port: 1, timeout: -1 })).rejects.toThrow(RangeError)
  })

  it('does not begin when the signal has fired already', async () => {
    await using listener = await rawListener()
    const signal = AbortSignal.abort('no need')

    await expect(connect({ ...listener.address, signal })).rejects.toMatchObject({
      code: 'ECANCELED',
      cause: 'no need',
    })
    expect(listener.peers).toEqual([])
  })

  it('gives up when the signal fires', async () => {
    await using full = await unansweringListener()
    const controller = new AbortController()
    const connecting = connect({ port: full.port, signal: controller.signal, timeout: 5_000 })
    controller.abort('enough')

    await expect(connecting).rejects.toMatchObject({ code: 'ECANCELED', action: 'connect', cause: 'enough' })
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it.runIf(process.platform === 'linux')('gives up when the time is over, and gives the descriptor back', async () => {
    await using full = await unansweringListener()
    const before = openDescriptors()

    await expect(connect({ port: full.port, timeout: 20 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: `Cannot connect to 127.0.0.1:${full.port}: nothing came of it in the time given (ETIMEDOUT)`,
    })
    await until('the descriptor is given back', () => openDescriptors() === before)
  })

  it('lets go of the signal and of the time when it succeeds', async () => {
    await using listener = await rawListener()
    const { signal } = new AbortController()
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    await using _connection = await connect({ ...listener.address, signal, timeout: 60_000 })

    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(timers()).toBeLessThanOrEqual(before)
  })

  it('tells the connection, and the failure to connect', async () => {
    using log = collectEvents()
    await using listener = await rawListener()
    await using connection = await connect(listener.address)
    const peer = `127.0.0.1:${listener.address.port}`
    const port = await closedPort()
    await expect(connect({ port })).rejects.toThrow()

    expect(log.of('connect')).toMatchObject([
      { conn: connection.id, peer, local: `127.0.0.1:${connection.local.port}`, lane: 'main' },
    ])
    expect(log.of('error')).toMatchObject([{ conn: 0, code: 'ECONNREFUSED', peer: `127.0.0.1:${port}` }])
  })
})

/** A listener whose program is stopped, its backlog full: the system leaves who connects without an answer. */
async function unansweringListener(): Promise<AsyncDisposable & { port: number }> {
  const { spawn } = await import('node:child_process')
  const { createConnection } = await import('node:net')
  const program = `
    const server = require('node:net').createServer()
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n')
      process.kill(process.pid, 'SIGSTOP')
    })`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = Number(await new Promise((resolve) => child.stdout.once('data', resolve)))
  const fillers = Array.from({ length: 8 }, () => createConnection({ host: '127.0.0.1', port }).on('error', () => {}))
  await until('the backlog is full', () => fillers.filter((filler) => filler.readyState === 'open').length >= 2)
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
    },
  }
}
