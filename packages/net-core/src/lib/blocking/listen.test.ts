import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect, listen, NetError } from '../../blocking.ts'
import { keepAliveSeconds } from '../../testing/keep-alive.ts'
import { lacking } from '../../testing/requires.ts'

describe('listen and connect', () => {
  it('take the path of a Unix socket', (context) => {
    if (process.platform === 'win32') lacking(context, 'needs Unix sockets')
    const folder = mkdtempSync(join(tmpdir(), 'fund-blocking-'))
    const host = join(folder, 'socket')
    {
      using listener = listen({ host })
      expect(listener.address).toEqual({ host, port: 0 })
      const client = connect(listener.address)
      const connection = listener.accept()
      client.sendAll('oi\n')
      expect(String(connection.recv())).toBe('oi\n')
      client.close({ deadline: 0 })
      connection.close()
    }
    expect(() => connect({ host, port: 0 })).toThrow(/^Cannot connect to .*socket: .*ENOENT/)
    rmSync(folder, { recursive: true })
  })

  it.runIf(process.platform === 'linux')('have the system ask whether a silent peer is still there', () => {
    using listener = listen({ keepAlive: 60_000 })
    const client = connect(listener.address)
    listener.accept()

    expect(keepAliveSeconds(listener.address.port, client.local.port)).toBeGreaterThan(50)
    expect(() => listen({ keepAlive: 999 })).toThrow(RangeError)
    client.abort()
  })

  it('give a call back what node:net does not take, and harm no other socket', () => {
    using listener = listen()
    const wrong = { host: 127 as unknown as string, port: 1 }
    for (let tries = 0; tries < 1_200; tries += 1) {
      expect(() => connect(wrong)).toThrow(NetError)
      expect(() => listen({ backlog: 'many' as unknown as number, host: {} as string })).toThrow(NetError)
    }

    const client = connect(listener.address)
    expect(listener.accept().peer).toEqual(client.local)
    client.abort()
  })

  it('give the place of a connection back that is called off, however early', () => {
    using listener = listen()
    for (let tries = 0; tries < 1_200; tries += 1) {
      try {
        connect({ ...listener.address, timeout: 0 }).abort()
      } catch (error) {
        // EMFILE: they are called off faster than the I/O worker can let go of them.
        expect((error as NetError).code).toMatch(/^(ETIMEDOUT|EMFILE)$/)
      }
      takeAll(listener)
    }
    takeAll(listener)
    const open = Array.from({ length: 50 }, () => connect(listener.address))
    expect(open.every(({ isClosed }) => !isClosed)).toBe(true)
    for (const client of open) client.abort()
  })
})

/** Accepts who waits, and passes over who has gone meanwhile. */
function takeAll(listener: ReturnType<typeof listen>): void {
  while (listener.stats.waiting > 0) {
    try {
      listener.accept({ timeout: 1 }).abort()
    } catch (error) {
      if (!(error instanceof NetError) || error.code !== 'ETIMEDOUT') throw error
    }
  }
}
