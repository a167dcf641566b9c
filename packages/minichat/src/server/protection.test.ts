import { connect as nodeConnect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@fund/net-core'
import { networkNamespace, until, untilSteady } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { Client, join } from '../testing/client.ts'
import { meet, openRoom, type TaskRoom } from '../testing/rooms.ts'
import { classroom, strangers } from './limits.ts'

const quick = { ...classroom, flood: undefined }

describe('a client that does not read', () => {
  it('is given up when too much waits for it, and so is one that takes a byte a second', async () => {
    await using room = await openRoom()
    const clients = await meet(room.address, 2)
    using stuck = await stuckIn(room)
    using trickling = await stuckIn(room)
    const reading = setInterval(() => trickling.socket.read(1), 1_000)
    const names = [stuck.name, trickling.name]

    const heard = await say16MiB(clients)
    clearInterval(reading)

    for (const name of names) for (const lines of heard) expect(lines).toContain(`* ${name} left (too slow)`)
    expect(heard.map((lines) => lines.length)).toEqual([2, 2])
    expect(room.room.metrics.left.slow).toBe(2)
    expect(room.room.now).toMatchObject({ clients: 2, behind: 0, queuedBytes: 0 })
  })

  it('is given up when something has waited for it for too long, in a room where nobody says any more', async () => {
    await using room = await openRoom({ limits: { ...quick, queueBytes: 64 << 20, drainMs: 500 } })
    const clients = await meet(room.address, 2)
    using stuck = await stuckIn(room)
    const started = performance.now()
    const [heard] = await say16MiB(clients)
    const notice = heard?.[0] ?? (await clients[0].hears()) // on a slow machine it comes in the middle of the talk

    expect(notice).toBe(`* ${stuck.name} left (too slow)`)
    expect(performance.now() - started).toBeGreaterThan(500)
    expect(room.room.now).toMatchObject({ clients: 2, behind: 0 })
  })

  it('is not given up if it reads in the end', async () => {
    await using room = await openRoom({ limits: { ...quick, queueBytes: 64 << 20, drainMs: 60_000 } })
    const clients = await meet(room.address, 2)
    using late = await stuckIn(room)
    await say16MiB(clients)

    late.socket.resume()

    await until('it has caught up', () => room.room.now.queuedBytes === 0)
    await pause(20)
    await clients[0].says('are we all here?\n')
    expect(await clients[0].hears()).toBe('are we all here?')
    expect(room.room.now).toMatchObject({ clients: 3, behind: 0 })
  })

  it('is told why, before the end, if it can still read', async () => {
    await using room = await openRoom({ limits: { ...quick, queueBytes: 1, behind: 1 } })
    const clients = await meet(room.address, 2)
    const slow = new Client(await connect(room.address))
    await slow.says('I am slow\n')
    for (const client of clients) await client.hears('I am slow')
    await say16MiB(clients, () => room.room.metrics.left.slow > 0)

    const lines = await slow.hearsRest()

    expect(lines.at(-1)).toBe('* you do not read: this is where you are cut off.')
  })

  it('goes first when too many are behind', async () => {
    await using room = await openRoom({ limits: { ...quick, queueBytes: 64 << 20, drainMs: 60_000, behind: 2 } })
    const clients = await meet(room.address, 2)
    const all = [await stuckIn(room), await stuckIn(room), await stuckIn(room)]

    await say16MiB(clients)

    expect(room.room.metrics.left.slow).toBe(1)
    expect(room.room.now.behind).toBe(2)
    for (const each of all) each.socket.destroy()
  })
})

describe('a client that says too much', () => {
  it('is heard at the rate that is left to it, and others are not held back', async () => {
    await using room = await openRoom({ limits: { ...quick, flood: { burst: 5, perSecond: 20 } } })
    await using ana = await join(room.address)
    await using rui = await join(room.address)
    await ana.hears(`here I am, ${rui.name}`)
    const started = performance.now()

    await rui.says(Array.from({ length: 24 }, (_, number) => `${number}\n`).join(''))
    await ana.says('may I?\n')

    const heard = await ana.hearsNext(25)
    expect(performance.now() - started).toBeGreaterThan(900)
    expect(heard.slice(0, 20)).toContain('may I?')
    expect(heard.filter((line) => line !== 'may I?')).toEqual(Array.from({ length: 24 }, (_, number) => `${number}`))
    expect((await rui.hearsNext(26)).filter((line) => line?.startsWith('* you say too much at once'))).toHaveLength(1)
    expect(room.room.metrics.linesHeldBack).toBeGreaterThan(5)
  })

  it('is not read meanwhile: what it goes on saying waits at its own end', async () => {
    await using room = await openRoom({ limits: { ...quick, flood: { burst: 5, perSecond: 2 } } })
    await using ana = await join(room.address)
    const flood = nodeConnect(room.address)
    flood.on('error', () => {})
    const line = Buffer.alloc(65_536, 'x\n')
    const fill = (): void => {
      while (flood.write(line) && flood.bytesWritten < 1 << 30);
    }
    flood.on('drain', fill)
    fill()

    const taken = (): number => flood.bytesWritten - flood.writableLength
    await until('it cannot say more', () => flood.writableLength > 0)
    await untilSteady('nothing more is taken', taken, 300)

    expect(taken()).toBeLessThan(16 << 20) // what the system holds, and one chunk
    expect(room.room.metrics.linesHeard).toBeLessThan(10)
    await ana.says('undisturbed\n')
    expect(await ana.hears('undisturbed')).toBe('undisturbed')
    flood.destroy()
  })

  it('has to go when that does not end, and others hear why', async () => {
    const flood = { burst: 5, perSecond: 100 }
    await using room = await openRoom({ limits: { ...quick, flood, floodPatienceMs: 300 } })
    await using ana = await join(room.address)
    const rui = new Client(await connect(room.address))

    await rui.says('x\n'.repeat(500))

    await ana.hears(`* ${rui.name} left (flood)`)
    expect((await rui.hearsRest()).at(-1)).toBe('* you said too much for too long. Bye.')
    expect(room.room.metrics.left.flood).toBe(1)
  })

  it('stays if it calms down in time', async () => {
    const flood = { burst: 10, perSecond: 100 }
    await using room = await openRoom({ limits: { ...quick, flood, floodPatienceMs: 1_000 } })
    await using ana = await join(room.address)

    for (let round = 0; round < 6; round += 1) {
      // held back for 200 ms each, more than it may without a rest
      await ana.says(`${'x\n'.repeat(30)}round ${round}\n`)
      await ana.hears(`round ${round}`)
      await pause(100)
    }

    expect(room.room.metrics.left.flood).toBe(0)
  })
})

describe('a line that is too long', () => {
  it('is refused, the rest of it dropped, and who said it stays', async () => {
    await using room = await openRoom({ limits: { ...quick, lineBytes: 512 } })
    const [ana, rui] = await meet(room.address, 2)

    await ana.says(`${'x'.repeat(512)}\n${'y'.repeat(513)}\n`)
    await ana.says('z'.repeat(1_000))
    await ana.says(`${'z'.repeat(1_000)}\nstill here\n`)

    expect(await rui.hearsNext(2)).toEqual(['x'.repeat(512), 'still here'])
    const refusal = '* a line has at most 512 bytes: yours was not passed on'
    const own = await ana.hearsNext(4)
    expect(own.toSorted()).toEqual([refusal, refusal, 'still here', 'x'.repeat(512)].toSorted())
    expect(room.room.metrics.linesRefused).toBe(2)
  })

  it('ends the connection at four times the limit without an end', async () => {
    await using room = await openRoom({ limits: { ...quick, lineBytes: 512 } })
    const [ana, rui] = await meet(room.address, 2)

    await ana.says('x'.repeat(2_049))

    expect(await rui.hears()).toBe(`* ${ana.name} left (line without an end)`)
    expect((await ana.hearsRest()).at(-1)).toBe('* no line is that long. Bye.')
  })
})

describe('a room for strangers', () => {
  it('takes sixteen from one address, and tells the next why it has to go', async (context) => {
    await using host = await networkNamespace(context)
    await using room = await openRoom({ limits: { ...strangers, flood: undefined }, host: host.ours })
    const { port } = room.address
    const connecting = `for n in $(seq 17); do (sleep 20 | nc ${host.ours} ${port}; true) & done; wait`
    await using netcats = host.run(['sh', '-c', connecting])

    await netcats.says('* there are 16 connections from your address already. Bye.')
    await until('the others are in', () => room.room.size === 16)
    expect(room.room.metrics.refused.address).toBe(1)
  })

  it('does not count connections from this machine', async () => {
    await using room = await openRoom({ limits: { ...strangers, flood: undefined } })
    expect(await meet(room.address, 20)).toHaveLength(20)
  })
})

/** Somebody who is in the room and does not read. */
async function stuckIn(room: TaskRoom): Promise<{ readonly socket: Socket; readonly name: string } & Disposable> {
  const others = room.room.size
  const socket = nodeConnect(room.address).pause()
  socket.on('error', () => {})
  await until('it is in', () => socket.localPort !== undefined && room.room.size > others)
  return { socket, name: `127.0.0.1:${socket.localPort}`, [Symbol.dispose]: () => socket.destroy() }
}

/** The first says 16 MiB, in a window, so that those two read it all; gives what else each of them heard. */
async function say16MiB([ana, rui]: Client[], isEnough: () => boolean = () => false): Promise<string[][]> {
  const filling = 'x'.repeat(60_000)
  const others: string[][] = [[], []]
  for (let number = 0; number < 280 && !isEnough(); number += 1) {
    await ana?.says(`${number} ${filling}\n`)
    for (const [who, client] of [ana, rui].entries()) {
      for (let line = await client?.hears(); !line?.startsWith(`${number} x`); line = await client?.hears()) {
        others[who]?.push(line ?? 'EOF')
      }
    }
  }
  return others
}
