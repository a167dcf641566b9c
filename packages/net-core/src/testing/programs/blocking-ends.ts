import { Worker } from 'node:worker_threads'
import { connect } from '../../blocking.ts'
import { bytes } from '../bytes.ts'

/**
 * Connects to the port it is told, sends as many bytes as it is told, and ends as it is told: `return`, `exit`, `throw`,
 * or with other threads blocked in recv. `handler` sends in its own exit handler. `wait` does not end: it blocks in recv.
 */
const [port, count, how] = process.argv.slice(2)
const connection = connect({ port: Number(port) })
if (how === 'threads') {
  const program = new URL('blocking-thread.ts', import.meta.url)
  const counter = new Int32Array(new SharedArrayBuffer(4))
  for (let made = 0; made < 3; made += 1) {
    new Worker(program, { workerData: { job: 'receive', handle: connection.handle, counter } })
  }
  for (let ready = 0; ready < 3; ready = Atomics.load(counter, 0)) Atomics.wait(counter, 0, ready)
}
const send = (): void => connection.sendAll(bytes(Number(count)))
if (how === 'handler') process.on('exit', send)
else send()
if (how === 'exit' || how === 'threads') process.exit(7)
if (how === 'throw') throw new Error('as it was told')
if (how === 'wait') connection.recv()
