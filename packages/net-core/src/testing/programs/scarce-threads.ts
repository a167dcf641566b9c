/** Runs in each thread before the program does: it can make so many workers, and the next fails as it does in Node. */
const threads = process.getBuiltinModule('node:worker_threads')
let left = Number(process.env.FUND_TEST_WORKERS)

threads.Worker = class extends threads.Worker {
  constructor(...args: ConstructorParameters<typeof threads.Worker>) {
    if (left === 0) {
      throw Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })
    }
    left -= 1
    super(...args)
  }
}
