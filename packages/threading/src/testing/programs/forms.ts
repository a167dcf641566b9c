import { Event, isMain, Lock, print, Queue, Thread } from '@fund/threading'

/** A bit of everything, to be run in every form that a program can have. */

const queue = new Queue<string>('forms.queue')

export function counter(label: string, n: number, lock: Lock): void {
  for (let i = 1; i <= n; i += 1) {
    using _ = lock.acquire()
    queue.put(`${label}${i}`)
  }
}

export class Sum extends Thread {
  numbers: number[]
  total = 0
  done: Event = new Event()

  constructor(...numbers: number[]) {
    super({ name: 'sum' })
    this.numbers = numbers
  }

  override run(): void {
    for (const number of this.numbers) this.total += number
    this.done.set()
  }
}

export async function fail(): Promise<void> {
  await Promise.resolve()
  throw new Error('on purpose')
}

if (isMain(import.meta.url)) {
  const lock = new Lock()
  const threads = ['A', 'B'].map((label) => new Thread(counter, label, 2, lock).start())
  const sum = new Sum(1, 2, 3).start()
  for (const thread of threads) thread.join()
  queue.close()
  print([...queue].sort().join(' '))
  print(sum.done.wait(), sum.join(), sum.total)
  print(await new Thread({ name: 'failing' }, fail).start().joinAsync())
}
