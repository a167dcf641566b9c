/*
 * Lines on their way from who says them to a million who hear them, without the million: brokers, relays and gateways, each
 * of which does one thing at a time and lets the rest wait. What a thing takes was measured; how things wait for each other
 * is what this is for.
 */

/** What things take, in microseconds of one core, and how long a message is under way between two processes. */
export interface Costs {
  /** A gateway: one write to one client. */
  readonly writeUs: number
  /** A gateway: one answer of a broker, and each frame in it. */
  readonly answerUs: number
  readonly frameUs: number
  /** A broker: one frame added to a stream. */
  readonly addUs: number
  /** A broker: one answer to one follower, whatever number of frames it carries. */
  readonly readUs: number
  readonly hopUs: number
}

/** Who is where, and how much is said. */
export interface Plan {
  readonly name: string
  readonly title: string
  readonly clients: number
  /** Processes that hold the clients' sockets. */
  readonly gateways: number
  /** Brokers, each with a stream for its share of the rooms. */
  readonly streams: number
  /** Processes between each broker and the gateways: 0, or a second level of the tree. */
  readonly relays: number
  /** Lines that all clients together say, each second. */
  readonly linesPerSecond: number
  /** Who hears a line. */
  readonly roomSize: number
}

/** What came of it. */
export interface Outcome {
  /** From when a line was said until a member had it. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** How much of their time they work: of a gateway, and of the busiest broker or relay. */
  readonly gatewayLoad: number
  readonly brokerLoad: number
  readonly ticksPerSecond: number
  readonly deliveriesPerSecond: number
}

/** A line: when it was said. */
type Line = number

/** Runs a plan for so many seconds of its own time; the first tenth is not counted. */
export function simulate(plan: Plan, costs: Costs, seconds: number, random: () => number): Outcome {
  return new Simulation(plan, costs, seconds * 1e6, random).run()
}

/** A log that followers read: a broker's stream, or a relay's copy of it. It serves one at a time. */
interface Log {
  readonly lines: Line[]
  readonly parked: Follower[]
  freeAt: number
  busyUs: number
}

/** Who reads a log: a gateway, or a relay that fills another. */
interface Follower {
  readonly log: Log
  place: number
  readonly take: (lines: readonly Line[], follower: Follower) => void
}

interface Gateway {
  inbox: Line[]
  /** Followers whose answer is in the inbox: they ask again when it is worked off. */
  answered: Follower[]
  isBusy: boolean
  busyUs: number
  ticks: number
}

class Simulation {
  readonly #plan: Plan
  readonly #costs: Costs
  readonly #endUs: number
  readonly #random: () => number
  readonly #agenda = new Agenda()
  readonly #brokers: Log[] = []
  readonly #relays: Log[] = []
  readonly #gateways: Gateway[] = []
  readonly #latencies: number[] = []
  #deliveries = 0

  constructor(plan: Plan, costs: Costs, endUs: number, random: () => number) {
    this.#plan = plan
    this.#costs = costs
    this.#endUs = endUs
    this.#random = random
    for (let each = 0; each < plan.gateways; each += 1) {
      this.#gateways.push({ inbox: [], answered: [], isBusy: false, busyUs: 0, ticks: 0 })
    }
    for (let each = 0; each < plan.streams; each += 1) this.#build()
  }

  run(): Outcome {
    this.#sayNext()
    while (this.#agenda.now < this.#endUs && this.#agenda.next());
    const { gateways, streams } = this.#plan
    const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN) / 1_000
    const seconds = this.#endUs / 1e6
    const logs = [...this.#brokers.slice(0, streams), ...this.#relays]
    return {
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      gatewayLoad: sum(this.#gateways.map(({ busyUs }) => busyUs)) / gateways / this.#endUs,
      brokerLoad: Math.max(...logs.map(({ busyUs }) => busyUs)) / this.#endUs,
      ticksPerSecond: sum(this.#gateways.map(({ ticks }) => ticks)) / gateways / seconds,
      deliveriesPerSecond: this.#deliveries / seconds,
    }
  }

  /** A broker, and who reads it: the gateways, or relays that they read. */
  #build(): void {
    const { gateways, relays } = this.#plan
    const broker = newLog()
    this.#brokers.push(broker)
    const copies = Array.from({ length: relays }, newLog)
    this.#relays.push(...copies)
    for (const copy of copies) {
      const fill = (lines: readonly Line[], follower: Follower): void => {
        this.#append(copy, lines)
        this.#ask(follower)
      }
      broker.parked.push({ log: broker, place: 0, take: fill })
    }
    for (let each = 0; each < gateways; each += 1) {
      const log = copies[each % Math.max(1, relays)] ?? broker
      const gateway = this.#gateways[each] as Gateway
      log.parked.push({ log, place: 0, take: (lines, follower) => this.#arrive(gateway, lines, follower) })
    }
  }

  /** Somebody says a line, and somebody else will at a moment that does not depend on it. */
  #sayNext(): void {
    const { linesPerSecond, streams } = this.#plan
    const wait = (-Math.log(1 - this.#random()) / linesPerSecond) * 1e6
    this.#agenda.at(this.#agenda.now + wait, () => {
      const said = this.#agenda.now
      const broker = this.#brokers[Math.floor(this.#random() * streams)] as Log
      this.#agenda.at(said + this.#costs.answerUs + this.#costs.hopUs, () => {
        this.#agenda.at(this.#work(broker, this.#costs.addUs), () => this.#append(broker, [said]))
      })
      this.#sayNext()
    })
  }

  #append(log: Log, lines: readonly Line[]): void {
    log.lines.push(...lines)
    for (const follower of log.parked.splice(0)) this.#answer(follower)
  }

  #ask(follower: Follower): void {
    this.#agenda.at(this.#agenda.now + this.#costs.hopUs, () => {
      if (follower.place < follower.log.lines.length) this.#answer(follower)
      else follower.log.parked.push(follower)
    })
  }

  #answer(follower: Follower): void {
    const { log } = follower
    this.#agenda.at(this.#work(log, this.#costs.readUs), () => {
      const lines = log.lines.slice(follower.place)
      follower.place = log.lines.length
      this.#agenda.at(this.#agenda.now + this.#costs.hopUs, () => follower.take(lines, follower))
    })
  }

  /** A log does what it is asked in turn; gives when this will be done. */
  #work(log: Log, us: number): number {
    log.freeAt = Math.max(log.freeAt, this.#agenda.now) + us
    log.busyUs += us
    return log.freeAt
  }

  #arrive(gateway: Gateway, lines: readonly Line[], follower: Follower): void {
    gateway.inbox.push(...lines)
    gateway.answered.push(follower)
    if (!gateway.isBusy) this.#tick(gateway)
  }

  /** All that has come goes out, in one write for each member who hears any of it. */
  #tick(gateway: Gateway): void {
    const { clients, gateways, roomSize } = this.#plan
    const { answerUs, frameUs, writeUs } = this.#costs
    const lines = gateway.inbox
    const here = clients / gateways
    const copies = (lines.length * roomSize) / gateways
    const writes = roomSize >= clients ? here : here * (1 - Math.exp(-copies / here))
    const start = this.#agenda.now + gateway.answered.length * answerUs + lines.length * frameUs
    const end = start + writes * writeUs
    if (this.#agenda.now > this.#endUs / 10) {
      for (const said of lines) this.#latencies.push(start + this.#random() * (end - start) - said)
    }
    this.#deliveries += copies
    gateway.busyUs += end - this.#agenda.now
    gateway.ticks += 1
    gateway.isBusy = true
    gateway.inbox = []
    for (const follower of gateway.answered.splice(0)) this.#agenda.at(end, () => this.#ask(follower))
    this.#agenda.at(end, () => {
      gateway.isBusy = false
      if (gateway.inbox.length > 0) this.#tick(gateway)
    })
  }
}

function newLog(): Log {
  return { lines: [], parked: [], freeAt: 0, busyUs: 0 }
}

/** What happens when: a heap, earliest first. */
class Agenda {
  now = 0
  readonly #heap: { readonly at: number; readonly what: () => void }[] = []

  at(at: number, what: () => void): void {
    const heap = this.#heap
    let place = heap.push({ at, what }) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      if (this.#time(above) <= at) break
      this.#swap(place, above)
      place = above
    }
  }

  /** Lets the next thing happen; false when there is none. */
  next(): boolean {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (!first || !last) return false
    if (heap.length > 0) {
      heap[0] = last
      this.#sink()
    }
    this.now = first.at
    first.what()
    return true
  }

  #sink(): void {
    for (let place = 0; ; ) {
      const left = 2 * place + 1
      const below = this.#time(left + 1) < this.#time(left) ? left + 1 : left
      if (this.#time(below) >= this.#time(place)) return
      this.#swap(place, below)
      place = below
    }
  }

  #time(place: number): number {
    return this.#heap[place]?.at ?? Number.POSITIVE_INFINITY
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap
    const kept = heap[a] as (typeof heap)[number]
    heap[a] = heap[b] as (typeof heap)[number]
    heap[b] = kept
  }
}
