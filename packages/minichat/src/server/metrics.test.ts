import { connect, listen } from '@fund/net-core'
import { describe, expect, it } from 'vitest'
import { join } from '../testing/client.ts'
import { openRoom } from '../testing/rooms.ts'
import { metricsPage } from './metrics.ts'
import { listenForMetrics } from './metrics-listener.ts'

describe('metricsPage', () => {
  it('counts who comes, what is said, and how they leave', async () => {
    await using room = await openRoom()
    await using ana = await join(room.address) // says a line, which one hears
    await using rui = await join(room.address) // and this one two
    await ana.says('oi\n')
    await rui.hears('oi')
    await rui.says(':bye\n')
    await ana.hears(`* ${rui.name} left (bye)`)

    const values = read(metricsPage(room.room.metrics, room.room.now))

    expect(values).toMatchObject({
      minichat_clients: 1,
      minichat_queue_bytes: 0,
      minichat_room_split: 0,
      minichat_joined_total: 2,
      'minichat_left_total{how="bye"}': 1,
      'minichat_left_total{how="slow"}': 0,
      minichat_lines_heard_total: 3,
      minichat_lines_given_total: 4,
      minichat_deliveries_total: 6,
    })
    expect(values['minichat_event_loop_delay_seconds{quantile="0.99"}']).toBeGreaterThanOrEqual(0)
    expect(values.process_resident_memory_bytes).toBeGreaterThan(1e6)
  })

  it('is as Prometheus wants it: each family with its help and type, and a number on every line', async () => {
    await using room = await openRoom()

    const lines = metricsPage(room.room.metrics, room.room.now).trimEnd().split('\n')

    const samples = lines.filter((line) => !line.startsWith('#'))
    for (const sample of samples) expect(sample).toMatch(/^[a-z_]+(\{[a-z]+="[\w.]+"\})? [\d.e-]+$/)
    const names = new Set(samples.map((sample) => /^[a-z_]+/.exec(sample)?.[0]))
    for (const name of names) {
      expect(lines.filter((line) => line.startsWith(`# HELP ${name} `))).toHaveLength(1)
      expect(lines.filter((line) => line.startsWith(`# TYPE ${name} `))).toHaveLength(1)
    }
  })
})

describe('listenForMetrics', () => {
  it('gives the page at /metrics, and nothing anywhere else', async () => {
    const metrics = await listenForMetrics({ host: '127.0.0.1', port: 0 }, () => 'clients 3\n')
    const at = (path: string): string => `http://127.0.0.1:${metrics.address.port}${path}`

    const page = await fetch(at('/metrics'))
    expect([page.status, await page.text()]).toEqual([200, 'clients 3\n'])
    expect(page.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect((await fetch(at('/'))).status).toBe(404)
    expect((await fetch(at('/metrics'), { method: 'POST' })).status).toBe(404)
    await metrics.close()
    await expect(connect(metrics.address)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('says that the port is taken', async () => {
    await using taken = await listen()

    await expect(listenForMetrics(taken.address, () => '')).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('costs the room nothing that its members could see', async () => {
    await using room = await openRoom()
    await using ana = await join(room.address)
    for (let look = 0; look < 100; look += 1) metricsPage(room.room.metrics, room.room.now)
    await ana.says('oi\n')
    expect(await ana.hears()).toBe('oi')
  })
})

function read(page: string): Record<string, number> {
  const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    samples.map((sample) => [sample.slice(0, sample.lastIndexOf(' ')), Number(sample.slice(sample.lastIndexOf(' ')))]),
  )
}
