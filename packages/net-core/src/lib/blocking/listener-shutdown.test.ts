import { describe, expect, it } from 'vitest'
import { listen } from '../../blocking.ts'
import { collectEvents } from '../../testing/collect-events.ts'
import { isRefused, rawPeer } from '../../testing/raw-peer.ts'
import { until } from '../../testing/until.ts'

describe('Listener.shutdownAsync', () => {
  it('gives the report of shutdown, and can be called again', async () => {
    using log = collectEvents()
    const listener = listen()
    await using _peer = await rawPeer(listener.address)
    const connection = listener.accept()

    const report = listener.shutdownAsync({ deadline: 5_000 })
    expect(listener.isClosed).toBe(true)
    await until('it accepts no more', () => isRefused(listener.address))
    connection.abort()

    expect(await report).toMatchObject({ drained: 1, aborted: 0 })
    expect(await listener.shutdownAsync()).toBe(await report)
    expect(listener.shutdown()).toBe(await report)
    expect(log.of('close').filter(({ conn }) => conn === 0)).toHaveLength(1)
  })

  it('leaves the event loop running, and resets at its deadline what has not finished', async () => {
    const listener = listen()
    await using peer = await rawPeer(listener.address, { holdsOn: true })
    listener.accept()
    let turns = 0
    const ticking = setInterval(() => {
      turns += 1
    }, 1)

    expect(await listener.shutdownAsync({ deadline: 50 })).toMatchObject({ drained: 0, aborted: 1 })

    clearInterval(ticking)
    expect(turns).toBeGreaterThan(5)
    expect(await peer.ends()).toBe('ECONNRESET')
  })

  it('ends at once when it is aborted meanwhile', async () => {
    const listener = listen()
    await using peer = await rawPeer(listener.address)
    listener.accept()
    const start = performance.now()
    const report = listener.shutdownAsync({ deadline: 30_000 })
    await until('it accepts no more', () => isRefused(listener.address))

    listener.abort()

    expect(await report).toMatchObject({ drained: 0, aborted: 1 })
    expect(performance.now() - start).toBeLessThan(2_000)
    expect(await peer.ends()).toBe('ECONNRESET')
  })
})

describe('Listener.abort', () => {
  it('resets also what a close has left open', async () => {
    const listener = listen()
    await using peer = await rawPeer(listener.address)
    listener.accept()
    listener.close()

    listener.abort()

    expect(await peer.ends()).toBe('ECONNRESET')
  })
})
