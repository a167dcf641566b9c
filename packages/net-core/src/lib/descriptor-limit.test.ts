import { describe, expect, it } from 'vitest'
import { startProgram } from '../testing/child-program.ts'
import { openDescriptors } from '../testing/memory.ts'
import { type RawPeer, rawPeer } from '../testing/raw-peer.ts'
import { until } from '../testing/until.ts'
import { connectionLimit } from './descriptor-limit.ts'

interface Ready {
  host: string
  port: number
  limit: number
  descriptors: number
}

interface Seen {
  accepted: number
  active: number
  peak: number
  dropped: number
  descriptors: number
  rss: number
}

describe('connectionLimit', () => {
  it('gives what is asked for where there are descriptors enough', () => {
    expect(connectionLimit(3)).toBe(3)
  })

  it('always lets one in', () => {
    expect(connectionLimit(1)).toBe(1)
    expect(connectionLimit(0)).toBe(1)
  })

  it.runIf(process.platform === 'linux')('leaves 16 of the descriptors that are free', () => {
    const most = connectionLimit()

    expect(most).toBeGreaterThan(0)
    expect(connectionLimit(most + 1_000)).toBe(most)
    expect(most).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
  })
})

describe.runIf(process.platform === 'linux')('a server that may open 64 descriptors', () => {
  it('survives 500 clients, counts those it refuses, and serves again once some have left', async () => {
    await using server = startProgram('echo-server', { descriptors: 64 })
    const ready = (await server.says()) as Ready
    expect(ready.limit).toBe(64)
    const room = 64 - ready.descriptors - 16

    const peers = await Promise.all(Array.from({ length: 500 }, () => rawPeer(ready)))
    await using stack = new AsyncDisposableStack()
    for (const peer of peers) stack.use(peer)
    let full = (await server.asked('stats')) as Seen
    await until('the refused have heard their end', async () => {
      full = (await server.asked('stats')) as Seen
      return full.accepted + full.dropped === 500 && gone(peers) === full.dropped
    })

    expect(full.accepted).toBeLessThanOrEqual(room + 1)
    expect(full.accepted).toBeGreaterThan(0)
    expect(full.descriptors).toBeLessThanOrEqual(64 - 15)
    const served = peers.find(({ ending }) => ending === undefined) as RawPeer
    await served.send('still served\n')
    expect(String(await served.hears(13))).toBe('still served\n')

    for (const peer of peers) peer.socket.destroy()
    await until('all have left', async () => ((await server.asked('stats')) as Seen).active === 0)
    await using newcomer = await rawPeer(ready)
    await newcomer.send('room again\n')
    expect(String(await newcomer.hears(11))).toBe('room again\n')
    const after = (await server.asked('stats')) as Seen
    expect(after.descriptors).toBe(ready.descriptors + 1)
    expect(after.rss - full.rss).toBeLessThan(16 * 1024 * 1024)
  })
})

function gone(peers: readonly RawPeer[]): number {
  return peers.filter(({ ending }) => ending !== undefined).length
}

describe.runIf(process.platform === 'linux')('openDescriptors', () => {
  it('sees a descriptor come and go', async () => {
    const before = openDescriptors()
    const { open } = await import('node:fs/promises')
    const file = await open('/dev/null')

    expect(openDescriptors()).toBe(before + 1)
    await file.close()
    expect(openDescriptors()).toBe(before)
  })
})
