import assert from 'node:assert/strict'
import { bytesInUse, openDescriptors } from '../testing/memory.ts'
import { rawPeer } from '../testing/raw-peer.ts'
import { until } from '../testing/until.ts'
import { connect } from './connect.ts'
import { listen } from './listen.ts'
import type { Listener } from './listener.ts'

/*
 * What takes too long for the tests: 10,000 clients that come and leave, 10,000 that reset, and a shutdown with 1,000
 * clients of which 3 never read. Run it with node; it fails when memory or descriptors grow.
 */

async function serveEcho(): Promise<Listener> {
  const listener = await listen()
  void listener.serve(async (connection) => {
    for (let data = await connection.recv(); data; data = await connection.recv()) await connection.sendAll(data)
  })
  return listener
}

async function leave(listener: Listener): Promise<void> {
  const client = await connect(listener.address)
  await client.closeWrite()
  while (await client.recv());
  await client.close()
}

async function reset(listener: Listener): Promise<void> {
  const peer = await rawPeer(listener.address)
  await peer.send('x')
  peer.reset()
}

/** Every kind of client many times in a row: nothing of them may stay. */
async function grow(what: string, visit: (listener: Listener) => Promise<void>): Promise<void> {
  const listener = await serveEcho()
  const quiet = (): Promise<void> => until('all have left', () => listener.stats.active === 0)
  for (let count = 0; count < 1_000; count += 1) await visit(listener)
  await quiet()
  const before = { memory: await bytesInUse(), descriptors: openDescriptors() }
  const start = performance.now()
  for (let count = 0; count < 10_000; count += 1) await visit(listener)
  await quiet()
  const seconds = (performance.now() - start) / 1_000
  const grown = (await bytesInUse()) - before.memory
  console.log(`10,000 clients that ${what}: ${seconds.toFixed(1)} s, ${grown} bytes more in use`)
  assert.equal(openDescriptors(), before.descriptors)
  assert.ok(grown < 10_000 * 50, `${grown} bytes more are in use`)
  await listener.shutdown()
}

async function shutDown(): Promise<void> {
  const listener = await listen()
  const chunk = Buffer.alloc(64 * 1024)
  void listener.serve(async (connection) => {
    const first = await connection.recv()
    if (String(first) !== 'flood') return
    while (true) await connection.sendAll(chunk)
  })
  for (let count = 0; count < 1_000; count += 1) {
    const peer = await rawPeer(listener.address, { isReading: count >= 3 })
    if (count < 3) await peer.send('flood')
  }
  await until('all are in', () => listener.stats.active === 1_000)
  const { drained, aborted, ms } = await listener.shutdown({ deadline: 1_000 })
  console.log(`shutdown of 1,000 clients, 3 of them stuck, deadline 1,000 ms: ${ms} ms`)
  assert.deepEqual({ drained, aborted }, { drained: 997, aborted: 3 })
  assert.ok(ms < 1_200, `it took ${ms} ms`)
}

await grow('come and leave', leave)
await grow('reset', reset)
await shutDown()
process.exit()
