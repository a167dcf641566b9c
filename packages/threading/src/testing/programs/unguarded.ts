import { print, Thread } from '@fund/threading'

/** What everybody writes first: nothing says which part only the main program does. */

export function work(): void {
  print('never')
}

new Thread({ name: 'T' }, work).start().join()
print('end')
