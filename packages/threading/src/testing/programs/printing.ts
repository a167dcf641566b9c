import { isMain, print, Thread } from '@fund/threading'

/** Many threads print many long lines to a pipe that is read slowly, and that somebody has made non-blocking. */

export function printLines(who: number, lines: number): void {
  for (let line = 0; line < lines; line += 1) print(`${who}:${line}:${String(who).repeat(5_000)}:`)
}

if (isMain(import.meta.url)) {
  process.stdout.write('') // libuv makes a pipe non-blocking when it is first used
  const threads = Array.from({ length: 4 }, (_, who) => new Thread(printLines, who, 100).start())
  for (const thread of threads) thread.join()
}
