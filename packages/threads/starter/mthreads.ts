// Two counters that count at the same time, each in a thread of its own:
//
//     node mthreads.ts
//
// A thread of Node loads this file anew, for itself: the program below is the main thread's, or a counter's.
import { writeSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'

if (isMainThread) {
  print('Iniciando contador 1 ("5 Segundos")')
  start('5 Segundos', 5, 1000)

  print('Iniciando contador 2 ("A")')
  start('A', 15, 300)

  print('Fim')
} else {
  const [name, from, everyMs] = workerData
  count(name, from, everyMs)
}

function start(name: string, from: number, everyMs: number): void {
  new Worker(new URL(import.meta.url), { workerData: [name, from, everyMs] })
}

function count(name: string, from: number, everyMs: number): void {
  for (let number = from; number > 0; number--) {
    print(`${name}: ${number}`)
    sleep(everyMs)
  }
}

function print(line: string): void {
  writeSync(1, `${line}\n`) // console.log in a thread would go through the main thread
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms) // this thread stops, the others go on
}
