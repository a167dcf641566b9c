import assert from 'node:assert/strict'
import { Barrier, Event, isMain, Lock, Queue, sleep, Thread } from '@fund/threading'

/*
 * What takes too long for the tests: for at least two minutes (or as many seconds as it is told), threads wait for each
 * other in every way there is. Every wait has a deadline that no loaded machine needs, so a lost wakeup ends it with an
 * error. Run it with node.
 */

const PATIENCE_MS = 60_000
const WORKERS = 3

/** Now and then a moment of nothing, so that waiters are met before, while and after they begin to wait. */
function dither(): void {
  const dice = Math.random()
  if (dice < 0.02) sleep(dice * 50)
  else if (dice < 0.2) for (let spin = 0; spin < dice * 5_000; spin += 1) Atomics.load(spinning, 0)
}
const spinning = new Int32Array(new SharedArrayBuffer(4))

/** Sends back what it gets, until the queue is closed. */
export function sendBack(there: Queue<number>, back: Queue<number>): void {
  for (let value = there.get(PATIENCE_MS); value !== null; value = there.get(PATIENCE_MS)) {
    dither()
    back.put(value, PATIENCE_MS)
  }
}

/** Every value that goes in comes back once; the queues are so short that both ends wait all the time. */
function queues(rounds: number): void {
  const [there, back] = [new Queue<number>({ maxsize: 2 }), new Queue<number>({ bytes: 64 })]
  const threads = Array.from({ length: WORKERS }, () => new Thread(sendBack, there, back).start())
  const feeder = new Thread(feed, there, rounds).start()
  let sum = 0
  for (let count = 0; count < rounds; count += 1) {
    sum += back.get(PATIENCE_MS) as number
    dither()
  }
  assert.equal(sum, (rounds * (rounds - 1)) / 2)
  for (const thread of [feeder, ...threads]) assert.ok(thread.join(PATIENCE_MS), 'a thread does not end')
}

export function feed(there: Queue<number>, rounds: number): void {
  for (let value = 0; value < rounds; value += 1) {
    there.put(value, PATIENCE_MS)
    dither()
  }
  there.close()
}

/** Adds under the lock what would be lost without it, half of the times with a timeout, and counts what came of it. */
export function addUnderLock(lock: Lock, counter: Int32Array, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    using guard =
      round % 2 === 0 ? lock.acquire(PATIENCE_MS) : (lock.acquire(Math.random()) ?? lock.acquire(PATIENCE_MS))
    assert.ok(guard, 'the lock is never free')
    const before = counter[0] as number
    dither()
    counter[0] = before + 1
  }
}

function locks(rounds: number): void {
  const lock = new Lock()
  const counter = new Int32Array(new SharedArrayBuffer(4))
  const threads = Array.from({ length: WORKERS }, () => new Thread(addUnderLock, lock, counter, rounds).start())
  for (const thread of threads) assert.ok(thread.join(PATIENCE_MS), 'a thread does not end')
  assert.equal(counter[0], WORKERS * rounds)
}

/** Meets the others at the barrier, and passes the event that one of them sets. */
export function meet(barrier: Barrier, events: Event[], rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    const [event, next] = [events[round % 2], events[(round + 1) % 2]] as [Event, Event]
    dither()
    const index = barrier.wait(PATIENCE_MS)
    if (index === 0) {
      next.clear() // all have passed the last one, or they would not be here
      dither()
      event.set()
    }
    assert.ok(event.wait(PATIENCE_MS), 'the event never comes')
  }
}

function meetings(rounds: number): void {
  const barrier = new Barrier(WORKERS)
  const events = [new Event(), new Event()]
  const threads = Array.from({ length: WORKERS }, () => new Thread(meet, barrier, events, rounds).start())
  for (const thread of threads) assert.ok(thread.join(PATIENCE_MS), 'a thread does not end')
}

export class Short extends Thread {
  result = 0
  input: number

  constructor(input: number) {
    super()
    this.input = input
  }

  override run(): void {
    if (this.input % 5 === 0) process.exit()
    this.result = this.input * 2
  }
}

export function doNothing(): void {
  spinning[0] = 1
}

/** Threads that come and go, a few at a time. This thread never returns to its event loop. */
function lives(count: number): void {
  for (let done = 0; done < count; done += WORKERS) {
    const threads = Array.from({ length: WORKERS }, (_, i) => new Short(done + i).start())
    const plain = new Thread(doNothing).start()
    for (const thread of threads) {
      assert.ok(thread.join(PATIENCE_MS), 'a thread does not end')
      assert.equal(thread.result, thread.input % 5 === 0 ? 0 : thread.input * 2)
    }
    assert.ok(plain.join(PATIENCE_MS), 'a thread does not end')
  }
}

if (isMain(import.meta.url)) {
  const seconds = Number(process.argv[2] ?? 125)
  const end = performance.now() + seconds * 1_000
  const rss = (): number => Math.round(process.memoryUsage.rss() / 2 ** 20)
  let warm = 0
  let rounds = 0
  while (performance.now() < end) {
    queues(3_000)
    locks(3_000)
    meetings(1_000)
    lives(15)
    rounds += 1
    if (rounds === 3) warm = rss()
  }
  const grown = warm === 0 ? 0 : rss() - warm
  console.log(
    `${rounds} rounds in ${seconds} s: ${rounds * 3_000} values through two queues, ${rounds * 9_000} holds of a lock, ` +
      `${rounds * 1_000} meetings, ${rounds * 31} threads. No wakeup was lost. ${grown} MiB more in use since round 3.`,
  )
  assert.ok(grown < 100, `${grown} MiB more are in use`)
}
