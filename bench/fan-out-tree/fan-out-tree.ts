import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildFolder } from '../compile.ts'
import { micros } from '../figures.ts'
import { type Machine, machine } from '../machine.ts'
import type { Options } from '../options.ts'
import { table } from '../table.ts'
import { CHECK, type Measured, measureCosts } from './measure.ts'
import { type Outcome, type Plan, simulate } from './simulate.ts'

const MILLION = 1_000_000
/** Seconds of simulated time. */
const SECONDS = 10

/** One room in which everybody hears everybody: what varies is the tree. */
const oneRoom = { clients: MILLION, streams: 1, roomSize: MILLION, linesPerSecond: 10 }
/** Rooms of 50, in which everybody says a line a minute. */
const manyRooms = { clients: MILLION, relays: 0, roomSize: 50, linesPerSecond: MILLION / 60 }

const plans: readonly Plan[] = [
  { ...oneRoom, name: 'one-50', title: 'one room, 50 gateways', gateways: 50, relays: 0 },
  { ...oneRoom, name: 'one-200', title: 'one room, 200 gateways', gateways: 200, relays: 0 },
  { ...oneRoom, name: 'one-200-14', title: 'one room, 14 relays, 200 gateways', gateways: 200, relays: 14 },
  { ...oneRoom, name: 'one-1000', title: 'one room, 1000 gateways', gateways: 1_000, relays: 0 },
  { ...oneRoom, name: 'one-1000-32', title: 'one room, 32 relays, 1000 gateways', gateways: 1_000, relays: 32 },
  { ...manyRooms, name: 'many-50-8', title: 'rooms of 50, 50 gateways, 8 streams', gateways: 50, streams: 8 },
  { ...manyRooms, name: 'many-50-16', title: 'rooms of 50, 50 gateways, 16 streams', gateways: 50, streams: 16 },
]

const check: Plan = {
  name: 'check',
  title: 'two servers',
  ...CHECK,
  gateways: 2,
  streams: 1,
  relays: 0,
  roomSize: CHECK.clients,
}

interface Results {
  readonly bench: 'fan-out-tree'
  readonly machine: Machine
  readonly measured: Measured
  readonly plans: readonly Plan[]
  readonly check: Outcome
  readonly outcomes: readonly Outcome[]
}

/** `pnpm bench fan-out-tree`: what a million clients would need, from what was measured here. */
export async function fanOutTree(options: Options): Promise<void> {
  const folder =
    options.out ?? (options.seconds >= 3 ? join(import.meta.dirname, '../results') : join(buildFolder, 'results'))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'fan-out-tree.json')
  const before: Results | undefined = options.redraw ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  const measured = before?.measured ?? (await measureCosts(options.seconds))
  const results: Results = {
    bench: 'fan-out-tree',
    machine: before?.machine ?? machine(),
    measured,
    plans,
    check: simulate(check, measured, SECONDS, mulberry(1)),
    outcomes: plans.map((plan) => simulate(plan, measured, SECONDS, mulberry(1))),
  }
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  console.log(`${tables(results)}\n\n${relative(process.cwd(), folder)}/fan-out-tree.json`)
}

function tables({ measured, check: simulated, outcomes }: Results): string {
  const { writeUs, answerUs, frameUs, addUs, readUs, hopUs, clientKiB, checkP50Ms } = measured
  const costs = [
    `at a gateway: a write to a client ${micros(writeUs)}, an answer of the broker ${micros(answerUs)}, each frame in it ${micros(frameUs)}, a client ${clientKiB.toFixed(1)} KiB`,
    `at a broker: a frame ${micros(addUs)}, an answer to a follower ${micros(readUs)}; a hop ${micros(hopUs)}`,
    `two real servers, ${CHECK.clients} clients, ${CHECK.linesPerSecond} lines/s: p50 ${ms(checkP50Ms)}; simulated ${ms(simulated.p50Ms)}`,
  ]
  const header = ['a million clients', 'p50', 'p99', 'computed', 'ticks/s', 'gateway', 'broker', 'deliveries', 'memory']
  const rows = plans.map((plan, at) => {
    const { p50Ms, p99Ms, gatewayLoad, brokerLoad, ticksPerSecond, deliveriesPerSecond } = outcomes[at] as Outcome
    const figures = [
      ms(p50Ms),
      ms(p99Ms),
      plan.roomSize === plan.clients ? ms(computedMs(plan, measured)) : '-',
      ticksPerSecond.toFixed(1),
    ]
    const loads = [share(gatewayLoad), share(brokerLoad)]
    const memory = `${Math.round((plan.clients / plan.gateways) * (clientKiB / 1024))} MiB`
    return [plan.title, ...figures, ...loads, `${(deliveriesPerSecond / 1e6).toFixed(1)}M/s`, memory]
  })
  return `${costs.join('\n')}\n\n${table([header, ...rows])}`
}

/**
 * The median on paper, for one room, to hold the simulation against. A gateway writes to all its members, one after the
 * other: half of them, on the average, before the one we ask. While it does so the next line waits: the busier it is, the
 * more often, and half of a round. Before that come two hops, and half of the followers of each log of the tree.
 */
function computedMs({ clients, gateways, relays, linesPerSecond }: Plan, costs: Measured): number {
  const { writeUs, answerUs, frameUs, addUs, readUs, hopUs } = costs
  const round = (clients / gateways) * writeUs + answerUs + frameUs
  const busy = Math.min(1, (linesPerSecond * round) / 1e6)
  const followers = relays > 0 ? [relays, gateways / relays] : [gateways]
  const tree = followers.reduce((sum, count) => sum + (count * readUs) / 2 + hopUs, addUs)
  return (answerUs + hopUs + tree + (round / 2) * (1 + busy)) / 1_000
}

function ms(value: number): string {
  return micros(value * 1_000)
}

function share(value: number): string {
  return `${Math.round(value * 100)} %`
}

/** Numbers by chance that are the same in every run. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
