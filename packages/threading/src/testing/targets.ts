import { subscribe } from 'node:diagnostics_channel'
import { setEnvironmentData } from 'node:worker_threads'
import type { Barrier } from '../lib/barrier.ts'
import { currentThread } from '../lib/current-thread.ts'
import { Event } from '../lib/event.ts'
import { Lock } from '../lib/lock.ts'
import { Queue } from '../lib/queue.ts'
import { SharedList } from '../lib/shared-list.ts'
import { register } from '../lib/target-place.ts'
import type { ThreadEvent } from '../lib/telling.ts'
import { Thread } from '../lib/thread.ts'

/** What the tests run in threads. A file of its own, since a thread cannot load a test file. */

/** Shared by every thread that loads this file. */
export const named: { lock: Lock; event: Event; queue: Queue<string>; list: SharedList } = {
  lock: new Lock('testing.lock'),
  event: new Event('testing.event'),
  queue: new Queue<string>('testing.queue'),
  list: new SharedList('testing.list'),
}

export function nothing(): void {}

export function add(list: SharedList, ...numbers: number[]): void {
  for (const number of numbers) list.add(number)
}

export function addByName(name: string, number: number): void {
  new SharedList(name).add(number)
}

export async function addLater(list: SharedList, number: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1))
  list.add(number)
}

/** Returns at once, and leaves a timer behind. */
export function addByTimer(list: SharedList, number: number): void {
  setTimeout(() => list.add(number), 1)
}

export function waitFor(event: Event, list?: SharedList): void {
  event.wait()
  list?.add(1)
}

export function tellName(answer: Queue<string>): void {
  answer.put(currentThread().name)
}

export function tellNamed(answer: Queue<unknown>): void {
  const { lock, event, queue, list } = named
  answer.put({ isLocked: lock.isLocked, isSet: event.isSet, got: queue.get(0), list: list.snapshot() })
}

export function increment(lock: Lock, counter: Int32Array, times: number): void {
  for (let i = 0; i < times; i += 1) {
    using _ = lock.acquire()
    counter[0] = (counter[0] as number) + 1 // not atomic: it is the lock that makes it safe
  }
}

/** Releases early, within the block; counts who else is inside, and how often somebody was. */
export function releaseEarly(lock: Lock, counter: Int32Array, times: number): void {
  for (let i = 0; i < times; i += 1) {
    using guard = lock.acquire()
    if (Atomics.add(counter, 0, 1) !== 0) Atomics.add(counter, 1, 1)
    Atomics.sub(counter, 0, 1)
    guard.release()
  }
}

export function throwWhileHolding(lock: Lock): void {
  using _ = lock.acquire()
  throw new Error('on purpose')
}

export function endWhileHolding(lock: Lock): void {
  lock.acquire()
}

export function putAll(queue: Queue<unknown>, from: number, to: number): void {
  for (let i = from; i < to; i += 1) queue.put(i)
}

export function getAll(queue: Queue<number>, seen: SharedList): void {
  for (const value of queue) seen.add(value)
}

/** Gets from each of the queues, and answers with what it got. */
export function getFromEach(queues: Queue<unknown>[], answers: Queue<unknown>): void {
  for (const queue of queues) answers.put(queue.get())
}

/** Puts into each of the queues, and answers with the code of the failure. */
export function putIntoEach(queues: Queue<unknown>[], answers: Queue<unknown>): void {
  for (const queue of queues) {
    try {
      queue.put('one more')
      answers.put('put')
    } catch (error) {
      answers.put((error as NodeJS.ErrnoException).code)
    }
  }
}

/** Waits for each of the events, and answers. */
export function waitForEach(events: Event[], answers: Queue<unknown>): void {
  for (const event of events) answers.put(event.wait())
}

/** Passes the barrier again and again, and answers with its number each time, or with the code of the failure. */
export function passBarrier(barrier: Barrier, answers: Queue<unknown>, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    try {
      answers.put([round, barrier.wait()])
    } catch (error) {
      answers.put((error as NodeJS.ErrnoException).code)
      return
    }
  }
}

/** Passes each of the barriers, and answers with its number, or with the code of the failure. */
export function passEach(barriers: Barrier[], answers: Queue<unknown>): void {
  for (const barrier of barriers) {
    try {
      answers.put(barrier.wait())
    } catch (error) {
      answers.put((error as NodeJS.ErrnoException).code)
    }
  }
}

export function startAnother(list: SharedList): void {
  new Thread({ name: 'child' }, add, list, 7).start()
}

/** Ends long before the thread it starts. */
export function leaveBehind(event: Event, list: SharedList): void {
  new Thread(waitFor, event, list).start()
}

export function setEnvironment(answers: Queue<unknown>): void {
  setEnvironmentData('testing', 'handed on')
  new Thread(readEnvironment, answers).start()
}

/** @public A thread of setEnvironment runs it. */
export async function readEnvironment(answers: Queue<unknown>): Promise<void> {
  const { getEnvironmentData } = await import('node:worker_threads')
  answers.put(getEnvironmentData('testing'))
}

/** Tells what happens in this thread from here on. */
export function tellEvents(answers: Queue<ThreadEvent>): void {
  subscribe('fund:threading', (event) => answers.put(event as ThreadEvent))
}

export function joinMyself(answers: Queue<unknown>): void {
  try {
    currentThread().join()
  } catch (error) {
    answers.put((error as Error).message)
  }
}

export function joinOther(other: Thread, answers: Queue<unknown>): void {
  answers.put([other.name, other.isAlive, other.join(), other.isAlive])
}

/** Takes memory until there is none. */
export function takeMemory(): void {
  const taken: number[][] = []
  for (;;) taken.push(new Array(1_000).fill(0.5))
}

export function throwError(): void {
  throw new Error('on purpose')
}

export function exit(): void {
  process.exit(3)
}

export class Sum extends Thread {
  numbers: number[]
  total = 0
  lock: Lock = new Lock()

  constructor(...numbers: number[]) {
    super()
    this.numbers = numbers
  }

  override run(): void {
    using _ = this.lock.acquire()
    for (const number of this.numbers) this.total += number
  }
}

export class SlowSum extends Sum {
  override async run(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1))
    super.run()
  }
}

class Hidden extends Thread {
  static {
    register(import.meta.url, Hidden)
  }

  wasRun = false

  override run(): void {
    this.wasRun = true
  }
}

/** A class that is not exported, but registered. */
export function makeHidden(): Thread & { wasRun: boolean } {
  return new Hidden()
}

function secret(list: SharedList): void {
  list.add(1)
}

/** A function that is not exported. */
export function startSecret(list: SharedList): Thread {
  return new Thread(secret, list).start()
}

/** A function made inside another. */
export function makeClosure(list: SharedList): () => void {
  return function inner() {
    list.add(1)
  }
}

const whisper = (list: SharedList): void => list.add(2)
register(import.meta.url, whisper)

export function startWhisper(list: SharedList): Thread {
  return new Thread(whisper, list).start()
}

export { add as plus }

// biome-ignore lint/style/noDefaultExport: a program may have one
export default function byDefault(list: SharedList): void {
  list.add(3)
}
