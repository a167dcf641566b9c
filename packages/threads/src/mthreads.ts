/*
 * Step 4: two counters that count at the same time, each in a thread of its own. Read `mthreads` first, then `count`.
 *
 * `sleep` stops the thread that calls it, and the other counter goes on: that is what threads are for. `await` in the
 * steps before stopped one function; here the thread stands still.
 *
 * What this leaves out: the same with classes (mthreads2.ts), waiting for the end of a thread (join), clients in the place
 * of counters (echo-threads.ts), things that threads share (minichat).
 */
import { print, sleep, Thread } from '@fund/threading'

/** Counts down to 1, a number every so often. */
export function count(name: string, from: number, everyMs: number): void {
  for (let number = from; number > 0; number -= 1) {
    print(`${name}: ${number}`)
    sleep(everyMs)
  }
}

/**
 * Starts the two counters and does not wait for them: `Fim` is not the last line. Gives the threads.
 *
 * @example
 * ```ts
 * import { mthreads } from '@fund/threads'
 *
 * mthreads() // the process goes on until both threads have ended
 * ```
 */
export function mthreads(): Thread[] {
  print('Iniciando contador 1 ("5 Segundos")')
  const first = new Thread(count, '5 Segundos', 5, 1000)
  first.start()

  print('Iniciando contador 2 ("A")')
  const second = new Thread(count, 'A', 15, 300)
  second.start()

  print('Fim') // of the main thread
  return [first, second]
}
