import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/** What a thread can be given: plain values, which are copied to it. */
export type Copied = string | number | boolean | null

/**
 * A thread as Python has them, as far as mthreads.ts and mthreads2.ts need one: made first, started when `start` is called.
 *
 * What is pretended: a Node thread does not share the functions and variables of the program. It loads `file` anew, for
 * itself, and finds there, by its name, the function or the class that it is to run; so `file` exports it, and does
 * nothing by being loaded.
 */
export class Thread {
  readonly #file: string
  readonly #target: ((...args: never[]) => void) | undefined
  readonly #args: readonly Copied[]
  #worker: Worker | undefined

  /** With a `target`, the thread calls it with `args`. A class that extends Thread gives none and has a `run` of its own. */
  constructor(file: string)
  constructor(file: string, target: (...args: never[]) => void, args: readonly Copied[])
  constructor(file: string, target?: (...args: never[]) => void, args: readonly Copied[] = []) {
    this.#file = file
    this.#target = target
    this.#args = args
  }

  /**
   * What the thread does: a class that extends Thread has its own, which is given the object's fields, copied. Called from
   * outside it is a call like any other, in the thread that calls: `start` is what makes it a thread.
   */
  run(): void {
    this.#target?.(...(this.#args as never[]))
  }

  /** Starts the thread and does not wait for it. The process ends when its last thread has. */
  start(): void {
    if (this.#worker) throw new TypeError('Cannot start a thread twice')
    const name = this.#target?.name ?? this.constructor.name
    const fields = this.#target ? null : { ...this }
    this.#worker = new Worker(begin, { eval: true, workerData: { file: this.#file, name, args: this.#args, fields } })
  }

  /** Resolves when the thread has ended; at once when it was never started. */
  async join(): Promise<void> {
    const worker = this.#worker
    if (worker && worker.threadId !== -1) await new Promise((resolve) => worker.once('exit', resolve))
  }
}

/**
 * The first words of every thread. As a text, they are there however this file is bundled; and a bundler may give an
 * export another name, but then the function's own name is another as well, here as there.
 */
const begin = `
const { file, name, args, fields } = require('node:worker_threads').workerData
import(file).then((exported) => {
  const target = Object.values(exported).find((each) => typeof each === 'function' && each.name === name)
  if (!target) throw new TypeError('Cannot start ' + name + ': ' + file + ' does not export it')
  if (fields) Object.assign(Object.create(target.prototype), fields).run()
  else target(...args)
})`

const never = new Int32Array(new SharedArrayBuffer(4))

/** Stops this thread, and no other, for so long. */
export function sleep(ms: number): void {
  Atomics.wait(never, 0, 0, ms)
}

/**
 * Writes one line to stdout, at once and whole. (console.log in a thread goes through the main thread, which may have
 * other things to do.)
 */
export function print(line: string): void {
  while (true) {
    try {
      writeSync(1, `${line}\n`)
      return
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'EPIPE' || code === 'EBADF') return // nobody reads any more (`| head`)
      if (code !== 'EAGAIN') throw error
      sleep(1) // the reader is behind
    }
  }
}
