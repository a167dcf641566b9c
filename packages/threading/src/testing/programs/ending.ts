import { Barrier, Event, isMain, Lock, print, Queue, sleep, Thread } from '@fund/threading'

/** The ways in which threads and their process end: `ending.ts <way>`. */

export function fail(): void {
  throw new Error('on purpose')
}

export async function reject(): Promise<void> {
  void Promise.reject(new TypeError('nobody handles it'))
}

export function exit(): void {
  process.exit(5)
}

export function sayWhenSet(event: Event, text: string): void {
  event.wait()
  print(text)
}

export function saySlowly(text: string): void {
  sleep(50)
  print(text)
}

export function log(text: string, event: Event): void {
  console.log(text)
  console.error(`${text}, on stderr`)
  event.wait()
}

export function takeMemory(): void {
  const taken: number[][] = []
  for (;;) taken.push(new Array(1_000).fill(0.5))
}

/** Blocks for ever in one of the ways there are, once all have come. */
export function block(barrier: Barrier, way: string, lock: Lock, queue: Queue, other?: Thread): void {
  barrier.wait()
  if (way === 'acquire') lock.acquire()
  if (way === 'get') queue.get()
  if (way === 'join') other?.join()
  if (way === 'wait') new Event().wait()
  if (way === 'sleep') sleep(1e9)
}

export function startAndLeave(): void {
  new Thread({ name: 'grandchild', daemon: false }, saySlowly, 'the grandchild has spoken').start()
}

export function handleItself(): void {
  process.on('uncaughtException', (error) => print('handled:', error.message))
  throw new Error('on purpose')
}

export class Private extends Thread {
  #secret = 1

  override run(): void {
    this.#secret += 1
  }
}

/** One thread blocked in each of the ways there are. Gives one of them. */
function blockAll(): Thread {
  const [barrier, lock, queue] = [new Barrier(6), new Lock(), new Queue()]
  lock.acquire()
  const waiting = new Thread(block, barrier, 'wait', lock, queue).start()
  for (const way of ['acquire', 'get', 'join', 'sleep']) new Thread(block, barrier, way, lock, queue, waiting).start()
  barrier.wait()
  return waiting
}

const ways: Record<string, () => void | Promise<void>> = {
  exception: () => print(new Thread({ name: 'T' }, fail).start().join()),
  rejection: () => print(new Thread({ name: 'T' }, reject).start().join()),
  handled: () => print(new Thread(handleItself).start().join()),
  exit: () => print(new Thread(exit).start().join()),
  private: () => print(new Private({ name: 'T' }).start().join()),
  memory() {
    const limits = { resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 } }
    print(new Thread({ name: 'T', ...limits }, takeMemory).start().join())
  },
  // The main thread has nothing left to do.
  nonDaemon: () => void new Thread(saySlowly, 'after main').start(),
  daemon: () => void new Thread({ daemon: true }, sayWhenSet, new Event(), 'never').start(),
  grandchild: () => void new Thread({ daemon: true }, startAndLeave).start().join(),
  async joinDaemon() {
    await new Thread({ daemon: true }, saySlowly, 'waited for').start().joinAsync()
  },
  processExit() {
    blockAll()
    process.exit(7)
  },
  blocked() {
    const waiting = blockAll()
    print('blocked')
    waiting.join()
  },
  inLoop() {
    blockAll()
    print('blocked')
  },
  handler() {
    process.on('SIGTERM', () => process.exit(9))
    blockAll()
    print('blocked')
  },
  log: () => void new Thread(log, 'from console.log', new Event()).start().join(),
  logAndEnd() {
    const event = new Event()
    event.set()
    for (let i = 0; i < 3; i += 1) new Thread(log, `line ${i} ${'x'.repeat(100_000)}`, event).start()
  },
}

if (isMain(import.meta.url)) await ways[process.argv[2] ?? '']?.()
