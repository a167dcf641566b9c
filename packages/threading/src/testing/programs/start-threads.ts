import { isMain, Thread } from '@fund/threading'

/** What starting so many threads takes, for the bench: `start-threads.ts <n>`. All of them live at the same time. */

/** Counts itself, and waits until all may go. */
export function waitForAll(words: Int32Array): void {
  Atomics.add(words, 0, 1)
  Atomics.notify(words, 0)
  Atomics.wait(words, 1, 0)
}

if (isMain(import.meta.url)) {
  const count = Number(process.argv[2])
  const words = new Int32Array(new SharedArrayBuffer(8))
  const rss = process.memoryUsage.rss()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const threads = Array.from({ length: count }, () => new Thread(waitForAll, words).start())
  for (let seen = 0; seen < count; seen = Atomics.load(words, 0)) Atomics.wait(words, 0, seen)
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const rssMiB = (process.memoryUsage.rss() - rss) / 2 ** 20
  console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, rssMiB }))
  Atomics.store(words, 1, 1)
  Atomics.notify(words, 1)
  for (const thread of threads) thread.join()
}
