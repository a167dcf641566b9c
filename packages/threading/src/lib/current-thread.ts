import { boot } from './boot.ts'
import { Found } from './found.ts'
import { ALIVE, MAIN_ID, newLife, PHASE } from './life.ts'
import { Thread, type ThreadOptions } from './thread.ts'

let main: Thread | undefined

/**
 * The thread that calls. In the main thread it is called `main`.
 *
 * @example
 * ```ts
 * import { currentThread, print } from '@fund/threading'
 *
 * print(currentThread().name) // main
 * ```
 */
export function currentThread(): Thread {
  main ??= (boot?.self as Thread | undefined) ?? makeMain()
  return main
}

function makeMain(): Thread {
  const words = newLife(MAIN_ID)
  words[PHASE] = ALIVE
  return new Thread(new Found({ words, name: boot?.name ?? 'main', daemon: false }) as ThreadOptions)
}
