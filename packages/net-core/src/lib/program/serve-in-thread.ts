import type { ShutdownReport } from '../listener.ts'
import { stopAtInterrupt } from './stoppable.ts'

/** A thread that was started, such as a `Thread` of `@fund/threading`. */
export interface StartedThread {
  /** Resolves when it has ended, without stopping the thread that waits. */
  joinAsync(): Promise<unknown>
}

/** What is needed of a `Listener` of `@fund/net-core/blocking`, so that commands that do not block need not load it. */
export interface BlockingListener {
  readonly stats: { readonly active: number }
  readonly isClosed: boolean
  close(): void
  abort(): void
  shutdownAsync(options: { readonly deadline: number }): Promise<ShutdownReport>
}

/**
 * The `main` of a server in blocking calls: hands the listener to the thread that `start` starts, and waits for that thread
 * without stopping this one, which so hears signals and tells what happens. Resolves when the thread has ended.
 *
 * The first interrupt closes the listener: a blocked `accept` in the thread wakes with `EBADF`, a loop over the listener
 * ends, connections that say nothing get their EOF, and those under way have 5 s. So the thread serves until the listener is
 * closed.
 *
 * @param listener Of `@fund/net-core/blocking`, listening.
 * @param start Starts the thread that serves. It may start others, one for each client.
 * @throws {Error} when the thread ended and the listener is not closed: it died of an exception, which it has printed.
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import { Worker } from 'node:worker_threads'
 * import { listen } from '@fund/net-core/blocking'
 * import { serveInThread } from '@fund/net-core/program'
 *
 * // With @fund/threading: serveInThread(listen({ port }), (listener) => new Thread(greet, listener).start())
 * const greet = `
 *   const { workerData } = require('node:worker_threads')
 *   import('@fund/net-core/blocking').then(({ connect, Listener }) => {
 *     const listener = Listener.from(workerData)
 *     const client = connect(listener.address)
 *     listener.accept().sendAll('Hello, World!')
 *     console.log(String(client.recv())) // Hello, World!
 *     listener.abort()
 *   })`
 * await serveInThread(listen({ port: 0 }), (listener) => {
 *   const worker = new Worker(greet, { eval: true, workerData: listener.handle })
 *   return { joinAsync: () => once(worker, 'exit') }
 * })
 * ```
 */
export async function serveInThread<Listener extends BlockingListener>(
  listener: Listener,
  start: (listener: Listener) => StartedThread,
): Promise<void> {
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
