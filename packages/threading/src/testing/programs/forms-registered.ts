import { isMain, Lock, print, Queue, register, Thread } from '@fund/threading'

/** For a bundle of one file: nothing is exported, and everything that a thread runs is registered. */

const queue = new Queue<string>('forms.queue')

const counter = register(import.meta.url, (label: string, n: number, lock: Lock): void => {
  for (let i = 1; i <= n; i += 1) {
    using _ = lock.acquire()
    queue.put(`${label}${i}`)
  }
})

class Sum extends Thread {
  numbers = [1, 2, 3]
  total = 0

  static {
    register(import.meta.url, Sum)
  }

  override run(): void {
    for (const number of this.numbers) this.total += number
  }
}

function unregistered(): void {}

if (isMain(import.meta.url)) {
  const lock = new Lock()
  const threads = ['A', 'B'].map((label) => new Thread(counter, label, 2, lock).start())
  const sum = new Sum().start()
  for (const thread of [...threads, sum]) thread.join()
  queue.close()
  print([...queue].sort().join(' '))
  print(sum.total)
  try {
    new Thread({ name: 'T' }, unregistered).start()
  } catch (error) {
    const { name } = unregistered // a minifier may have called it something else
    const said = (error as Error).message
    print(said.replace(`: ${name} is`, ': unregistered is').replace(`, ${name})`, ', unregistered)'))
  }
}
