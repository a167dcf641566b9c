import { Worker } from 'node:worker_threads'
import { connect, Listener } from '../../blocking.ts'

/**
 * The main thread has loaded the blocking face and is stopped, as in a join, while a worker opens the first socket and
 * ends. The listener must live on.
 */
const counter = new Int32Array(new SharedArrayBuffer(8))
const program = new URL('blocking-thread.ts', import.meta.url)
const worker = new Worker(program, { workerData: { job: 'listen', counter } })
Atomics.wait(counter, 0, 0)
await new Promise((resolve) => worker.once('exit', resolve))

const listener = Listener.from(Atomics.load(counter, 1))
const client = connect(listener.address)
const connection = listener.accept()
client.sendAll('oi\n')
console.log(JSON.stringify({ heard: String(connection.recv()) }))
