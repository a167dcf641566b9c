import { deadlineAfter } from './deadline.ts'
import { giveMutex, takeMutex } from './mutex.ts'
import { printMutex } from './shared-memory.ts'
import { sleep } from './sleep.ts'

const { writeSync } = process.getBuiltinModule('node:fs')

/** A thread can die between two pieces of a line and leave the lock held: then a torn line is better than silence. */
const PATIENCE_MS = 2_000
/** How long to wait for a reader of a full pipe before looking again. */
const NAP_MS = 1

/** Writes a text to stdout (1) or stderr (2) and returns when the system has it. No other thread's text gets in between. */
export function writeLine(fd: 1 | 2, text: string): void {
  const isMine = takeMutex(...printMutex, deadlineAfter(PATIENCE_MS))
  try {
    writeAll(fd, Buffer.from(text))
  } finally {
    if (isMine) giveMutex(...printMutex)
  }
}

function writeAll(fd: number, data: Uint8Array): void {
  let rest = data
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return // nobody reads any more (`| head -1`): as console.log, go on in silence
      if (code !== 'EAGAIN') throw error
      sleep(NAP_MS) // the pipe is full, and somebody has made it non-blocking
    }
  }
}
