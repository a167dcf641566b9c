import type { MessagePort, Worker as NodeWorker, WorkerOptions } from 'node:worker_threads'
import type { Boot } from './boot.ts'

/** What the keeper is asked: to start a thread. */
export interface StartRequest {
  readonly boot: Omit<Boot, 'keeper'>
  readonly options: WorkerOptions
}

/** What the keeper is told: what a thread has to give back at its end. */
interface EndNotice {
  readonly fields: unknown
}

/** What comes from the keeper to the one that asked for a thread: its fields at its end, or why it could not be started. */
export interface KeeperNotice {
  readonly id: number
  readonly fields?: unknown
  readonly error?: unknown
}

// The words of the office.
/** Threads that keep the process alive. */
export const LIVE = 0
/** 1 while main has a message to look at them that it has not read: a blocked main would else collect thousands. */
export const TOLD = 1
/** 1 while something that threads wrote by console.log is not yet written. */
export const WRITING = 2
export const OFFICE_WORDS = 3

/** What the keeper is told at its own start. */
export interface KeeperData {
  readonly office: Int32Array
  /** What every thread runs first. */
  readonly text: string
  /** The way to the thread that made the keeper. */
  readonly link: MessagePort
  /** What is said of a thread that ended without a word, and what to do about it. */
  readonly died: string
  readonly mend: string
}

/**
 * The thread that makes all others, and owns them. Its event loop always runs, while that of whoever calls start() may stand
 * still for hours. So it sees every end, also of one that dies of memory; the system gets back what a dead thread had; and a
 * thread lives on when the one that started it ends. What threads write by console.log comes out here, too.
 *
 * Only its text gets there: see {@link bootstrap} for what that means.
 */
export function keeper(): void {
  const threads = process.getBuiltinModule('node:worker_threads')
  const { MessageChannel, parentPort, receiveMessageOnPort, Worker, workerData } = threads
  const { write, writeSync } = process.getBuiltinModule('node:fs')
  const { Writable } = process.getBuiltinModule('node:stream')
  const { inspect } = process.getBuiltinModule('node:util')
  const { office, text, link, died, mend } = workerData as KeeperData

  const desk = {
    /** Starts a thread for the one at the other end of `from`. */
    start({ boot, options }: StartRequest, from: MessagePort): void {
      const { words, daemon } = boot
      const { port1, port2 } = new MessageChannel()
      let worker: NodeWorker
      try {
        const data = { fundThread: { ...boot, keeper: port2 } }
        const ours: WorkerOptions = {
          eval: true,
          env: threads.SHARE_ENV,
          stdout: true,
          stderr: true,
          workerData: data,
          transferList: [port2],
        }
        worker = new Worker(text, { ...options, ...ours })
      } catch (error) {
        port1.close()
        if (!daemon) desk.leave()
        from.postMessage({ id: words[1], error }) // before the word, so that it is there when the asker wakes
        Atomics.store(words, 0, 4) // PHASE, REFUSED
        Atomics.notify(words, 0)
        return
      }
      Atomics.compareExchange(words, 0, 1, 2) // from STARTING to ALIVE, unless it has ended already
      Atomics.notify(words, 0)
      let failure: unknown
      let open = 3 // the worker and its two streams
      const closed = {
        call() {
          open -= 1
          if (open === 0 && !daemon) desk.leave()
        },
      }
      worker.stdout.on('end', closed.call).pipe(outputs[0], { end: false })
      worker.stderr.on('end', closed.call).pipe(outputs[1], { end: false })
      port1.on('message', (message: StartRequest | EndNotice) => desk.hear(message, port1, boot, from))
      worker.on('error', (error) => {
        failure = error
      })
      worker.on('exit', () => {
        for (let rest = receiveMessageOnPort(port1); rest; rest = receiveMessageOnPort(port1)) {
          desk.hear(rest.message, port1, boot, from)
        }
        port1.close()
        const isEnded = Atomics.load(words, 0) === 3
        if (failure !== undefined || !isEnded) {
          const isMemory = (failure as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
          const said =
            failure === undefined ? died : isMemory ? `${(failure as Error).message}. ${mend}` : inspect(failure)
          desk.complain(`Exception in thread ${boot.name}:\n${said}\n`)
        }
        desk.end(words)
        closed.call()
      })
    },

    hear(
      message: StartRequest | EndNotice,
      port: MessagePort,
      { words }: StartRequest['boot'],
      from: MessagePort,
    ): void {
      if ('boot' in message) {
        if (!message.boot.daemon) desk.tellMain() // main may have thought that nothing keeps it
        desk.start(message, port)
        return
      }
      from.postMessage({ id: words[1], fields: message.fields })
      desk.end(words)
    },

    end(words: Int32Array): void {
      if (Atomics.exchange(words, 0, 3) !== 3) Atomics.notify(words, 0) // PHASE, ENDED
    },

    /** One thread less that keeps the process alive. */
    leave(): void {
      Atomics.sub(office, 0, 1)
      desk.tellMain()
    },

    /** Main keeps the keeper, and so the process, alive while there is something left to do. */
    tellMain(): void {
      Atomics.store(office, 2, outputs.some(({ writableLength }) => writableLength > 0) ? 1 : 0) // WRITING
      if (Atomics.exchange(office, 1, 1) === 0) parentPort?.postMessage('look') // TOLD
    },

    /** At once, since main may end the process as soon as it knows; unless a slow reader would stop this thread. */
    complain(text: string): void {
      try {
        writeSync(2, text)
      } catch {
        outputs[1].write(text)
      }
    },

    /** Writes without stopping this thread, however slow the reader. */
    write(fd: number, data: Uint8Array, done: () => void): void {
      write(fd, data, (error, sent) => {
        if (error?.code === 'EAGAIN') setTimeout(() => desk.write(fd, data, done), 1)
        else if (!error && sent < data.length) desk.write(fd, data.subarray(sent), done)
        else done() // also when nobody can read any more
      })
    },
  }

  const outputs = [1, 2].map((fd) => {
    const output = new Writable({
      write(data, _, done) {
        desk.write(fd, data, () => {
          done()
          if (output.writableLength === 0 && Atomics.load(office, 0) === 0) desk.tellMain()
        })
      },
    })
    return output.setMaxListeners(0)
  }) as [InstanceType<typeof Writable>, InstanceType<typeof Writable>]

  link.on('message', (request: StartRequest) => desk.start(request, link))
}
