import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Never loads the blocking face in its main thread; a worker uses it alone. */
const counter = new Int32Array(new SharedArrayBuffer(8))
const program = new URL('blocking-thread.ts', import.meta.url)
await once(new Worker(program, { workerData: { job: 'alone', counter } }), 'exit')
console.log(JSON.stringify({ done: Atomics.load(counter, 0) }))
