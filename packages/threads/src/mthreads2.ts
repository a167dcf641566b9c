/*
 * Step 4 again, in the other style: a class of thread. What it needs are its fields, what it does is its `run`. Read
 * `mthreads2` first, then `Counter`, and lay it beside mthreads.ts.
 *
 * What this leaves out: giving something back, which fields do at `join`, and things that threads share (minichat).
 */
import { print, sleep, Thread } from '@fund/threading'

/** A thread that counts down to 1, a number every so often. */
export class Counter extends Thread {
  readonly from: number
  readonly everyMs: number

  constructor(name: string, from: number, everyMs: number) {
    super({ name })
    this.from = from
    this.everyMs = everyMs
  }

  override run(): void {
    for (let number = this.from; number > 0; number -= 1) {
      print(`${this.name}: ${number}`)
      sleep(this.everyMs)
    }
  }
}

/**
 * Starts the two counters and does not wait for them: `Fim` is not the last line. Gives the threads.
 *
 * @example
 * ```ts
 * import { mthreads2 } from '@fund/threads/mthreads2'
 *
 * mthreads2() // the process goes on until both threads have ended
 * ```
 */
export function mthreads2(): Thread[] {
  print('Iniciando contador 1 ("5 Segundos")')
  const first = new Counter('5 Segundos', 5, 1000)
  first.start() // not run(): that would count here, in the main thread

  print('Iniciando contador 2 ("A")')
  const second = new Counter('A', 15, 300)
  second.start()

  print('Fim') // of the main thread
  return [first, second]
}
