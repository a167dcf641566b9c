import { isMainThread, Worker, workerData } from 'node:worker_threads'

/** The same as start-threads.ts of @fund/threading with bare workers: `start-workers.ts <n>`. */

function waitForAll(words: Int32Array): void {
  Atomics.add(words, 0, 1)
  Atomics.notify(words, 0)
  Atomics.wait(words, 1, 0)
}

if (isMainThread) {
  const count = Number(process.argv[2])
  const words = new Int32Array(new SharedArrayBuffer(8))
  const rss = process.memoryUsage.rss()
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (let i = 0; i < count; i += 1) new Worker(new URL(import.meta.url), { workerData: words })
  for (let seen = 0; seen < count; seen = Atomics.load(words, 0)) Atomics.wait(words, 0, seen)
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const rssMiB = (process.memoryUsage.rss() - rss) / 2 ** 20
  console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, rssMiB }))
  Atomics.store(words, 1, 1)
  Atomics.notify(words, 1)
} else {
  waitForAll(workerData as Int32Array)
}
