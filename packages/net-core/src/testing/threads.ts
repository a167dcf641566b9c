import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { compileOnce } from './compile-cache.ts'
import type { ThreadData } from './programs/blocking-thread.ts'

const program = new URL('programs/blocking-thread.ts', import.meta.url)

/** A worker thread that does one of the jobs in `programs/blocking-thread.ts`. */
export class TestThread implements AsyncDisposable {
  readonly worker: Worker
  /** Resolves when it has ended; rejects when it failed. */
  readonly ended: Promise<void>

  constructor(data: ThreadData) {
    this.worker = new Worker(program, { workerData: data, env: compileOnce() })
    this.ended = once(this.worker, 'exit').then(() => undefined)
    this.ended.catch(() => undefined) // whoever waits for it is told
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate()
  }
}

/** Starts a thread. */
export function startThread(data: ThreadData): TestThread {
  return new TestThread(data)
}

/** A word that threads count in. */
export function newCounter(words = 2): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * words))
}
