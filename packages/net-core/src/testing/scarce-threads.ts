/** Runs in the program, from its own text: a thread can make so many others, and the next fails as it does in Node. */
function limitWorkers(count: number): void {
  const threads = process.getBuiltinModule('node:worker_threads')
  let left = count
  threads.Worker = class extends threads.Worker {
    constructor(file: string | URL, options: ConstructorParameters<typeof threads.Worker>[1]) {
      if (left === 0) {
        throw Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })
      }
      left -= 1
      // A worker that is made from a text does not wait for what NODE_OPTIONS imports.
      super(options?.eval ? `(${limitWorkers})(${count});${file}` : file, options)
    }
  }
}

/**
 * The environment of a program on a system that has few threads left: each thread of the program can make `count` others.
 *
 * @example
 * ```ts
 * import { scarceThreads, startProgram } from '@fund/net-core/testing'
 *
 * const worker = "new (require('node:worker_threads').Worker)('', { eval: true })"
 * await using program = startProgram([process.execPath, '-e', worker], { env: scarceThreads(0) })
 * console.log(await program.ends()) // 1
 * ```
 */
export function scarceThreads(count: number): { readonly NODE_OPTIONS: string } {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`(${limitWorkers})(${count})`)}` }
}
