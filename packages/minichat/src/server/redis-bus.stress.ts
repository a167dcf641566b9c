import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '@fund/net-core/testing'
import { BusServer, numbered } from '../testing/bus-server.ts'
import { RedisServer } from '../testing/redis-server.ts'
import { Relay } from '../testing/relay.ts'

/*
 * What takes too long for the tests: a broker that stands still for 30 s, one whose disk is full, and what a room learns of
 * a server that is cut off. Run it with node.
 */

const context = {
  skip: (note?: string): never => {
    throw new Error(note)
  },
}

/** Two servers talk at 100 lines a second each while something is done to their broker. Nothing is lost or doubled. */
async function talkThrough(
  what: string,
  redis: RedisServer,
  trouble: (ana: BusServer) => Promise<void>,
): Promise<void> {
  await using ana = await BusServer.open(redis)
  await using rui = await BusServer.open(redis)
  let isOver = false
  const talking = (async () => {
    while (!isOver) {
      if (!ana.bus.isFull) ana.says(`ana ${ana.said + 1}`)
      if (!rui.bus.isFull) rui.says(`rui ${rui.said + 1}`)
      await pause(10)
    }
  })()
  await until('they talk', () => ana.heard.length > 50)
  await trouble(ana)
  await until('it is one room again', () => ana.states.at(-1) === 'whole' && rui.states.at(-1) === 'whole', 20_000)
  isOver = true
  await talking
  await Promise.all([ana.bus.settled(), rui.bus.settled()])
  const said = ana.said + rui.said
  await until('both have heard all', () => ana.heard.length >= said && rui.heard.length >= said)

  assert.deepEqual(ana.heard, rui.heard)
  for (const [who, server] of Object.entries({ ana, rui })) {
    assert.deepEqual(
      ana.heard.filter((line) => line.startsWith(who)),
      numbered(who, server.said),
    )
    assert.deepEqual(server.states, ['split', 'whole'])
    assert.deepEqual(server.losses, [])
  }
  console.log(`${what}: ${said} lines said, each heard once, in one order`)
}

async function brokerStops(): Promise<void> {
  await using redis = await RedisServer.start(context)
  await talkThrough('a broker stopped for 30 s', redis, async (ana) => {
    const start = performance.now()
    redis.signal('SIGSTOP')
    await until('it is noticed', () => ana.bus.state === 'split', 12_000)
    const noticed = performance.now() - start
    console.log(`  noticed after ${(noticed / 1_000).toFixed(1)} s`)
    assert.ok(noticed < 10_000)
    await pause(30_000 - noticed)
    redis.signal('SIGCONT')
  })
}

async function diskIsFull(): Promise<void> {
  await using redis = await RedisServer.start(context, [], { disk: '8m' })
  await talkThrough('a broker with a full disk', redis, async (ana) => {
    const filler = `${redis.folder}/filler`
    await writeFile(filler, Buffer.alloc(16 << 20)).catch((error: NodeJS.ErrnoException) => {
      assert.equal(error.code, 'ENOSPC')
    })
    await until('it is noticed', () => ana.bus.state === 'split', 20_000)
    await pause(3_000)
    await rm(filler)
  })
}

async function serverIsCutOff(): Promise<void> {
  await using redis = await RedisServer.start(context)
  await using wire = await Relay.to({ host: '127.0.0.1', port: redis.port })
  await using ana = await BusServer.open(redis, { users: 'ana' })
  await using rui = await BusServer.open(redis, { users: 'rui' })
  await using eva = await BusServer.open({ url: `redis://127.0.0.1:${wire.port}` }, { users: 'eva' })
  await until('all know each other', () => ana.bus.others.size === 2 && rui.bus.others.size === 2, 6_000)

  const start = performance.now()
  wire.cut()
  await until('one learns that Eva is gone', () => ana.gone.length + rui.gone.length > 0, 25_000)
  const seconds = (performance.now() - start) / 1_000
  await pause(6_000)
  assert.deepEqual([...ana.gone, ...rui.gone], ['eva'])
  assert.ok(seconds > 9 && seconds < 21, `after ${seconds} s`)
  assert.deepEqual([ana.bus.others.size, rui.bus.others.size], [1, 1])
  console.log(`a server cut off: its users are gone after ${seconds.toFixed(1)} s, told once`)

  wire.mend()
  await until('Eva learns that she was taken for dead', () => eva.revivals === 1, 10_000)
  await until('the others know her again', () => ana.bus.others.size === 2 && rui.bus.others.size === 2, 6_000)
  assert.deepEqual([ana.revivals, rui.revivals, ana.gone.length + rui.gone.length, eva.gone.length], [0, 0, 1, 0])

  // A server that leaves in order is missed a little later: its users may come back elsewhere.
  const leaving = performance.now()
  await rui.bus.close()
  await until('one learns that Rui is gone', () => [...ana.gone, ...eva.gone].includes('rui'), 25_000)
  console.log(`a server that left: its users are gone after ${((performance.now() - leaving) / 1_000).toFixed(1)} s`)
}

/** The keys of all servers run out while the broker is away: that makes nobody dead. */
async function brokerIsAwayForLong(): Promise<void> {
  await using redis = await RedisServer.start(context)
  await using ana = await BusServer.open(redis, { users: 'ana' })
  await using rui = await BusServer.open(redis, { users: 'rui' })
  await until('they know each other', () => ana.bus.others.size === 1 && rui.bus.others.size === 1, 6_000)
  await redis.kill()
  await pause(20_000)
  await redis.start()
  await pause(20_000)
  assert.deepEqual([...ana.gone, ...rui.gone], [])
  assert.deepEqual([ana.revivals, rui.revivals], [0, 0])
  assert.deepEqual([ana.bus.others.size, rui.bus.others.size], [1, 1])
  console.log('a broker away for 20 s: nobody is taken for dead')
}

const parts = { brokerStops, diskIsFull, serverIsCutOff, brokerIsAwayForLong }
const asked = process.argv.slice(2)
for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part()
