import { isMain, print, Thread } from '@fund/threading'
import { hello } from './arrow-target.ts'

/** Runs an arrow function of another file, whose text stands here, too. */
const twins = [(): void => print('hello')]

if (isMain(import.meta.url)) {
  for (let count = 0; count < twins.length; count += 1) new Thread(hello).start()
}
