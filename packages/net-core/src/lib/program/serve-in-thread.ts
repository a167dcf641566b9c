import type { ListenOptions } from '../blocking/listen.ts'
import type { Listener } from '../blocking/listener.ts'
import { stopAtInterrupt } from './stoppable.ts'

/** A thread that was started, such as a `Thread` of `@fund/threading`. */
export interface StartedThread {
  /** Resolves when it has ended, without stopping the thread that waits. */
  joinAsync(): Promise<unknown>
}

/**
 * The `main` of a server in blocking calls: it listens, hands the listener to the thread that `start` starts, and waits for
 * that thread without stopping this one, which so hears signals and tells what happens. Resolves when the thread has
 * ended.
 *
 * The first interrupt closes the listener: a blocked `accept` in the thread wakes with `EBADF`, a loop over the listener
 * ends, connections that say nothing get their EOF, and those under way have 5 s. So the thread serves until the listener is
 * closed.
 *
 * `@fund/net-core/blocking` is loaded here and not before, so that a command that only prints its help starts no thread.
 *
 * @param where Where to listen: what `main` was told has it.
 * @param start Starts the thread that serves. It may start others, one for each client.
 * @throws {NetError} of `listen`.
 * @throws {Error} when the thread ended and the listener is not closed: it died of an exception, which it has printed.
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import { Worker } from 'node:worker_threads'
 * import { serveInThread } from '@fund/net-core/program'
 *
 * // With @fund/threading: serveInThread({ port }, (listener) => new Thread(greet, listener).start())
 * const greet = `
 *   const { workerData } = require('node:worker_threads')
 *   import('@fund/net-core/blocking').then(({ connect, Listener }) => {
 *     const listener = Listener.from(workerData)
 *     const client = connect(listener.address)
 *     listener.accept().sendAll('Hello, World!')
 *     console.log(String(client.recv())) // Hello, World!
 *     listener.abort()
 *   })`
 * await serveInThread({ port: 0 }, (listener) => {
 *   const worker = new Worker(greet, { eval: true, workerData: listener.handle })
 *   return { joinAsync: () => once(worker, 'exit') }
 * })
 * ```
 */
export async function serveInThread(where: ListenOptions, start: (listener: Listener) => StartedThread): Promise<void> {
  const { listen } = await import('../../blocking.ts')
  const listener = listen(where)
  const stay = stopAtInterrupt({
    get stats() {
      return listener.stats
    },
    shutdown: (options) => listener.shutdownAsync(options),
    abort: () => listener.abort(),
  })
  try {
    await start(listener).joinAsync()
    if (!listener.isClosed) throw new Error('The thread that serves has ended before its time')
  } finally {
    if (!listener.isClosed) listener.close() // while a shutdown is under way, closing would wait for it
    stay()
  }
}
