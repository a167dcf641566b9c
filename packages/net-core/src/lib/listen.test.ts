import { getEventListeners } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startProgram } from '../testing/child-program.ts'
import { keepAliveSeconds } from '../testing/keep-alive.ts'
import { rawListener, rawPeer } from '../testing/raw-peer.ts'
import { lacking, requiresAddress, withoutSmallPorts } from '../testing/requires.ts'
import { connect } from './connect.ts'
import { listen, socket } from './listen.ts'
import { listeners } from './listener.ts'
import { NetError } from './net-error.ts'

const loopback = { host: '127.0.0.1', port: 0 }

describe('listen, Unix sockets', () => {
  it('listens on a path, to be connected to by it', async (context) => {
    if (process.platform === 'win32') lacking(context, 'needs Unix sockets')
    const folder = mkdtempSync(join(tmpdir(), 'fund-listen-'))
    const path = join(folder, 'socket')
    {
      await using listener = await listen({ host: path })
      expect(listener.address).toEqual({ host: path, port: 0 })
      await expect(listen({ host: path })).rejects.toMatchObject({ code: 'EADDRINUSE' })
      await using client = await connect(listener.address)
      await using connection = await listener.accept()
      await client.sendAll('oi\n')
      expect(String(await connection.recv())).toBe('oi\n')
      expect(connection.peer).toEqual({ host: '', port: 0 })
    }
    await expect(connect({ host: path, port: 0 })).rejects.toMatchObject({ code: 'ENOENT' })
    rmSync(folder, { recursive: true })
  })
})

describe('socket', () => {
  it('takes the calls one by one: bind gives the address, listen and accept the connection', async () => {
    await using listener = socket()
    expect(() => listener.address).toThrow(NetError)

    await listener.bind(loopback)
    expect(listener.address).toEqual({ host: '127.0.0.1', port: expect.any(Number) })
    expect(listener.address.port).toBeGreaterThan(0)
    await listener.listen()
    await using peer = await rawPeer(listener.address)
    await using connection = await listener.accept()

    expect(connection.peer).toEqual({ host: '127.0.0.1', port: peer.port })
    expect(connection.local).toEqual(listener.address)
  })

  it('keeps who connects between bind and listen until accept', async () => {
    await using listener = socket()
    await listener.bind(loopback)
    await using peer = await rawPeer(listener.address)
    await peer.send('early')

    await listener.listen()
    await using connection = await listener.accept()

    expect(String(await connection.recv())).toBe('early')
  })

  it('refuses calls in the wrong order with EINVAL', async () => {
    await using listener = socket()

    await expect(listener.listen()).rejects.toMatchObject({ code: 'EINVAL', action: 'listen' })
    await expect(listener.accept()).rejects.toMatchObject({ code: 'EINVAL', action: 'accept' })
    await expect(listener.serve(() => {})).rejects.toMatchObject({ code: 'EINVAL' })
    await listener.bind(loopback)
    await expect(listener.accept()).rejects.toMatchObject({
      code: 'EINVAL',
      hint: expect.stringMatching(/^Call socket/),
    })
    await expect(listener.bind(loopback)).rejects.toMatchObject({ code: 'EINVAL' })
  })

  it('refuses listen and a second bind while the first bind is under way', async () => {
    await using listener = socket()
    const binding = listener.bind(loopback)

    await expect(listener.listen()).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(listener.bind(loopback)).rejects.toMatchObject({ code: 'EINVAL' })
    await binding
    await listener.listen()
  })

  it('refuses every call with EBADF once it is closed', async () => {
    const listener = socket()
    await listener.close()

    await expect(listener.bind(loopback)).rejects.toMatchObject({ code: 'EBADF' })
    await expect(listener.listen()).rejects.toMatchObject({ code: 'EBADF' })
    await expect(listener.accept()).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('leaves nothing listening when it is closed in the middle of bind', async () => {
    const listener = socket()
    const free = await listen()
    await free.close()
    const binding = expect(listener.bind(free.address)).rejects.toMatchObject({ code: 'EBADF', action: 'listen' })

    await listener.close()

    await binding
    expect(listener.isClosed).toBe(true)
    expect(listeners()).not.toContain(listener)
    await expect(connect(free.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('may be bound elsewhere after a bind that failed', async () => {
    await using taken = await listen()
    await using listener = socket()
    await expect(listener.bind(taken.address)).rejects.toMatchObject({ code: 'EADDRINUSE' })

    await listener.bind(loopback)
    await listener.listen()
    await using peer = await rawPeer(listener.address)
    await using connection = await listener.accept()

    expect(connection.peer.port).toBe(peer.port)
  })
})

describe('listen', () => {
  it('listens on 127.0.0.1 and a free port when nothing is said', async () => {
    await using listener = await listen()

    expect(listener.address.host).toBe('127.0.0.1')
    expect(listeners()).toContain(listener)
  })

  it('says that a port is taken, which one, and what to do', async () => {
    await using taken = await rawListener()
    const { port } = taken.address
    const failure = await listen({ port }).catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(NetError)
    expect(failure).toMatchObject({
      code: 'EADDRINUSE',
      message: `Cannot listen on 127.0.0.1:${port}: another program is already listening there (EADDRINUSE)`,
      hint: expect.stringMatching(/^Stop that program, or choose another port/),
      address: { host: '127.0.0.1', port },
      cause: { code: 'EADDRINUSE', syscall: 'listen' },
    })
  })

  it('lets nothing that is disposed hide that the port is taken', async () => {
    await using taken = await listen()
    async function program(): Promise<void> {
      await using listener = socket()
      await listener.bind(taken.address)
    }

    await expect(program()).rejects.toMatchObject({ name: 'NetError', code: 'EADDRINUSE' })
  })

  it('may have the port of a listener that has just been closed, clients or not', async () => {
    const first = await listen()
    const { address } = first
    await using peer = await rawPeer(address)
    await using connection = await first.accept()
    await connection.sendAll('bye\n')
    await connection.close() // our FIN comes first: the connection lingers in TIME_WAIT
    await first.close()
    expect(await peer.ends()).toBe('FIN')

    await using second = await listen(address)

    expect(second.address).toEqual(address)
  })

  it('cannot have a port at one address that another program has at all of them', async () => {
    await using everywhere = await rawListener({ host: '0.0.0.0' })

    await expect(listen({ port: everywhere.address.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('cannot have a port at all addresses that another program has at one', async () => {
    await using here = await rawListener()
    const { port } = here.address

    await expect(listen({ host: '0.0.0.0', port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `Cannot listen on 0.0.0.0:${port}: another program is already listening there (EADDRINUSE)`,
    })
  })

  it.runIf(process.platform === 'linux')('may have a port that is taken at another address', async () => {
    await using here = await rawListener()
    await using beside = await listen({ host: '127.0.0.2', port: here.address.port })

    expect(beside.address).toEqual({ host: '127.0.0.2', port: here.address.port })
  })

  it('refuses an address that is not of this machine', async () => {
    await expect(listen({ host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: 'Cannot listen on 192.0.2.1:0: this machine has no such address (EADDRNOTAVAIL)',
      hint: expect.stringMatching(/^Use 127\.0\.0\.1/),
    })
  })

  it('refuses a name that is of no machine', async () => {
    const failure = await listen({ host: 'no-such-machine.invalid' }).catch((error: unknown) => error)

    // A machine without a network cannot even ask: EAI_AGAIN.
    expect(failure).toMatchObject({ name: 'NetError', code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) })
    expect((failure as NetError).message).toMatch(/^Cannot listen on no-such-machine\.invalid:0: /)
    expect((failure as NetError).hint).not.toBe('')
  })

  it('refuses a port below 1024 to a user without rights', async (context) => {
    await using program = startProgram('listen', { before: withoutSmallPorts(context), args: ['1'] })

    expect(await program.says()).toEqual({
      code: 'EACCES',
      message: 'Cannot listen on 127.0.0.1:1: this user may not listen on that port (EACCES)',
      hint: expect.stringMatching(/1024/),
    })
    expect(await program.ends()).toBe(0)
  })

  it('refuses what is not a port, before it asks the system', async () => {
    for (const port of [-1, 70_000, 1.5, Number.NaN]) await expect(listen({ port })).rejects.toThrow(RangeError)
  })

  it('refuses a limit of connections that lets nobody in', async () => {
    for (const maxConnections of [0, -1, Number.NaN])
      await expect(listen({ maxConnections })).rejects.toThrow(RangeError)
  })

  it('listens on ::1, and names peers as IPv6 does', async (context) => {
    requiresAddress(context, '::1')
    await using listener = await listen({ host: '::1' })
    await using peer = await rawPeer(listener.address)
    await using connection = await listener.accept()

    expect(connection.peer).toEqual({ host: '::1', port: peer.port })
    expect(connection.local).toEqual(listener.address)
  })

  it('gives an IPv4 peer of a listener on :: its IPv4 name', async (context) => {
    requiresAddress(context, '::1') // as good as saying that IPv6 is on
    await using listener = await listen({ host: '::' })
    await using peer = await rawPeer({ host: '127.0.0.1', port: listener.address.port })
    await using connection = await listener.accept()

    expect(connection.peer).toEqual({ host: '127.0.0.1', port: peer.port })
    expect(connection.local.host).toBe('127.0.0.1')
  })

  it('does not begin when the signal has fired already', async () => {
    const signal = AbortSignal.abort('no need')

    await expect(listen({ signal })).rejects.toMatchObject({ code: 'ECANCELED', cause: 'no need' })
  })

  it('forgets the signal when it fails', async () => {
    await using taken = await listen()
    const { signal } = new AbortController()

    await expect(listen({ ...taken.address, signal })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('shuts down when the signal fires', async () => {
    const controller = new AbortController()
    await using listener = await listen({ signal: controller.signal })
    const accepting = expect(listener.accept()).rejects.toMatchObject({ code: 'EBADF' })

    controller.abort()

    await accepting
    expect(listener.isClosed).toBe(true)
    expect(listeners()).not.toContain(listener)
    await expect(connect(listener.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it.runIf(process.platform === 'linux')('has the system ask whether a silent peer is still there', async () => {
    await using asking = await listen({ keepAlive: 60_000 })
    await using waiting = await listen()
    const first = await connect(asking.address)
    const second = await connect(waiting.address)
    await asking.accept()
    await waiting.accept()

    const seconds = keepAliveSeconds(asking.address.port, first.local.port)

    expect(seconds).toBeGreaterThan(50)
    expect(seconds).toBeLessThanOrEqual(61)
    expect(keepAliveSeconds(waiting.address.port, second.local.port)).toBe(undefined)
    asking.abort()
    waiting.abort()
  })

  it.each([0, 999, -1, Number.NaN, Number.POSITIVE_INFINITY])('does not keep alive after %d ms', async (keepAlive) => {
    await expect(listen({ keepAlive })).rejects.toThrow(RangeError)
  })
})
