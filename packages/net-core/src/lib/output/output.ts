import { write as writeAsync } from 'node:fs'
import type { Language } from '../../messages.ts'
import { leftOut } from '../narrator/left-out.ts'
import { descriptorWriter, outcome, type Written } from './descriptor-writer.ts'
import { LineQueue } from './line-queue.ts'

/** When a reader that does not read is looked at again: soon, then less and less often. */
const FIRST_POLL_MS = 1
const LAST_POLL_MS = 20
/** How long `close` waits for such a reader. */
const CLOSE_MS = 1_000

/** What the missing lines are told with. */
export interface OutputOptions {
  readonly language?: Language | undefined
  /** Gives the line that stands where so many lines were left out; by default a sentence in that language. */
  readonly leftOut?: ((lines: number) => string) | undefined
}

/** A place to write lines to that never holds the program up. */
export interface Output {
  /**
   * Takes a text of whole lines, to be written at the end of this turn of the event loop. Never waits, never throws. While
   * the reader does not read, 256 KiB are kept; lines beyond that are left out, and one line says how many. Once
   * nobody can read again (`| head -1`, a closed terminal), everything is silently dropped: a server goes on
   * without its audience.
   */
  write(text: string): void
  /**
   * Resolves when everything is with the reader's system, when nobody can read it any more, or after `deadline`
   * milliseconds (1000 when not said). What is written later is dropped. Never rejects.
   */
  close(options?: { readonly deadline?: number | undefined }): Promise<void>
}

/** Opens stdout (1) or stderr (2) for lines. Whoever opens it closes it, else the last lines may be missing. */
export function openOutput(fd: 1 | 2, { language = 'en', leftOut: describe }: OutputOptions = {}): Output {
  const queue = new LineQueue(describe ?? leftOut('plain', language))
  const writer = descriptorWriter(fd)
  let state: 'open' | 'closing' | 'over' = 'open'
  let isFull = false // the last write found no room, and the timer will try again
  let isWriting = false // an asynchronous write is under way
  let pollMs = FIRST_POLL_MS
  let timer: NodeJS.Timeout | undefined
  let turn: NodeJS.Immediate | undefined
  let onDone: (() => void) | undefined
  let closing: Promise<void> | undefined

  function write(text: string): void {
    if (state !== 'open' || text === '') return
    // A burst within one turn may be more than the queue holds, and the reader still be quick.
    if (!queue.hasRoom(text) && writer && !isFull) flush()
    queue.push(text)
    if (!isFull && !isWriting) turn ??= setImmediate(flush)
  }

  function flush(): void {
    clearImmediate(turn)
    clearTimeout(timer)
    turn = undefined
    if (isWriting) return
    isFull = false
    while (state !== 'over' && !isFull) {
      const data = queue.peek()
      if (data.length === 0) break
      if (!writer) {
        startWrite(data)
        return
      }
      settle(writer.write(data))
    }
    if (queue.isEmpty || state === 'over') onDone?.()
  }

  function startWrite(data: Uint8Array): void {
    isWriting = true
    writeAsync(fd, data, (error, bytes) => {
      isWriting = false
      settle(error ? outcome(error) : bytes)
      if (!isFull) flush()
    })
  }

  function settle(written: Written): void {
    if (state === 'over') return
    if (typeof written === 'number') {
      queue.take(written)
      pollMs = FIRST_POLL_MS
    } else if (written === 'gone') {
      state = 'over'
      queue.clear()
    } else {
      isFull = true
      timer = setTimeout(flush, pollMs)
      pollMs = Math.min(pollMs * 2, LAST_POLL_MS)
      if (state === 'open') timer.unref() // unread lines do not keep a program from ending
    }
  }

  /** process.exit without a close: what can be written at once still is. */
  function onExit(): void {
    if (writer) flush()
  }

  async function drain(deadline: number): Promise<void> {
    if (state === 'open') state = 'closing'
    await new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, deadline)
      onDone = () => {
        clearTimeout(patience)
        resolve()
      }
      flush()
    })
    state = 'over'
    queue.clear()
    clearTimeout(timer)
    process.off('exit', onExit)
    writer?.close?.()
  }

  process.on('exit', onExit)
  return {
    write,
    close: ({ deadline = CLOSE_MS } = {}) => {
      closing ??= drain(deadline)
      return closing
    },
  }
}
