import { readFileSync } from 'node:fs'
import type { Bus } from '../../packages/minichat/src/server/bus.ts'
import { openRedisBus } from '../../packages/minichat/src/server/redis-bus.ts'
import { type Broker, startBroker } from '../broker.ts'
import { loadRoom } from '../bus/load.ts'
import { spread } from '../summary.ts'
import type { Costs } from './simulate.ts'

/** What was measured on this machine, and the memory of an idle client. */
export interface Measured extends Costs {
  readonly clientKiB: number
  /** From saying a line until a client of two real servers has it, at `CHECK`'s load. */
  readonly checkP50Ms: number
}

/** A load that two real servers bear easily here, to hold the simulation against. */
export const CHECK = { clients: 200, linesPerSecond: 100 }

const FEW = 1
const MANY = 24
const WARMUP = 1_000
const FRAMES = 1_000

/** Measures what the simulation is made of: a gateway's writes and memory, a broker's answers, a frame's way. */
export async function measureCosts(seconds: number): Promise<Measured> {
  const clients = 1_000
  const gateway = await loadRoom({ servers: 1, clients, linesPerSecond: 25, seconds })
  const few = await measureBroker(FEW, seconds)
  const many = await measureBroker(MANY, seconds)
  const readUs = (many.brokerUs - few.brokerUs) / (MANY - FEW)
  const addUs = Math.max(1, few.brokerUs - readUs * FEW)
  const frameUs = await measureFrame()
  const check = await loadRoom({ servers: 2, ...CHECK, seconds })
  return {
    writeUs: (gateway.serverCpuSeconds / gateway.deliveries) * 1e6,
    clientKiB: (gateway.joinedRssKiB - gateway.emptyRssKiB) / clients,
    answerUs: Math.max(0, many.followerUs - frameUs),
    frameUs,
    addUs,
    readUs,
    hopUs: Math.max(0, (few.wayUs - addUs - readUs) / 2),
    checkP50Ms: check.p50Us / 1_000,
  }
}

/** For each frame: the broker's CPU, the CPU of each follower, and the time it takes to come back. */
async function measureBroker(
  followers: number,
  seconds: number,
): Promise<{ readonly brokerUs: number; readonly followerUs: number; readonly wayUs: number }> {
  const broker = await startBroker()
  const buses: Bus[] = []
  try {
    while (buses.length < followers) buses.push(await openRedisBus(broker.url))
    const [speaker] = buses as [Bus]
    const ways: number[] = []
    for (const bus of buses) {
      bus.follow({
        onFrame: ({ lines }) => {
          if (bus === speaker) ways.push(performance.now() - Number(String(lines)))
        },
      })
    }
    const frames = Math.ceil(seconds * 1_000)
    let before = { broker: 0, own: 0 }
    for (let frame = -WARMUP; frame < frames; frame += 1) {
      if (frame === 0) before = clocks(broker)
      speaker.publish({ lines: Buffer.from(`${performance.now()}\n`), count: 1 })
      await speaker.settled()
    }
    const after = clocks(broker)
    return {
      brokerUs: (after.broker - before.broker) / frames,
      followerUs: (after.own - before.own) / frames / followers,
      wayUs: spread(ways.slice(-frames)).median * 1_000,
    }
  } finally {
    for (const bus of buses) await bus.close({ deadline: 500 })
    await broker.stop()
  }
}

/** The CPU that a follower takes for a frame when many come at once. */
async function measureFrame(): Promise<number> {
  const broker = await startBroker()
  try {
    const speaker = await openRedisBus(broker.url)
    speaker.follow({ onFrame: ignore })
    for (let frame = 0; frame < FRAMES; frame += 1) {
      speaker.publish({ lines: Buffer.from(`${'x'.repeat(63)}\n`), count: 1 })
      await speaker.settled() // else some would be put together
    }
    const listener = await openRedisBus(broker.url)
    await listener.history(FRAMES) // once to warm up
    const before = clocks(broker)
    const frames = await listener.history(FRAMES)
    const after = clocks(broker)
    await Promise.all([speaker.close(), listener.close()])
    return (after.own - before.own) / frames.length
  } finally {
    await broker.stop()
  }
}

function ignore(): void {
  // what comes is of no interest here
}

/** Microseconds of CPU until now: the broker's one thread, and this process. */
function clocks({ pid }: Broker): { readonly broker: number; readonly own: number } {
  const [ran] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
  const { user, system } = process.cpuUsage()
  return { broker: Number(ran) / 1_000, own: user + system }
}
