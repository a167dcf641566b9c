/*
 * Step 4, the exercise: both counters are made first, and started at another moment. Read mthreads.ts before.
 *
 * A Thread that is made and not started is an object like any other: no thread runs for it, and nothing counts.
 *
 * What this leaves out: whatever else the main thread may do in between, such as wait for somebody to press Enter.
 */
import { print, sleep, Thread } from '@fund/threading'
import { count } from './mthreads.ts'

/**
 * Makes the two counters, does something else, and starts them. Gives the threads.
 *
 * @example
 * ```ts
 * import { exercise3 } from '@fund/threads/exercise3'
 *
 * exercise3() // the process goes on until both threads have ended
 * ```
 */
export function exercise3(): Thread[] {
  print('Criando contador 1 ("5 Segundos")')
  const first = new Thread(count, '5 Segundos', 5, 1000)
  print('Criando contador 2 ("A")')
  const second = new Thread(count, 'A', 15, 300)

  sleep(1000) // nothing counts meanwhile

  print('Iniciando os dois')
  first.start()
  second.start()

  print('Fim') // of the main thread
  return [first, second]
}
