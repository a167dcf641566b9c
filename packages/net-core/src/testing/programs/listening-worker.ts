import { parentPort, workerData } from 'node:worker_threads'
import { listen, socket } from '../../lib/listen.ts'

/** A worker thread with sockets of its own. `sockets` tells that many events; without it, it echoes for one client. */
const { sockets, finished } = workerData as { sockets?: number; finished?: Int32Array }

if (sockets === undefined) {
  await using listener = await listen({ port: 0 })
  parentPort?.postMessage(listener.address)
  await using connection = await listener.accept()
  for (let data = await connection.recv(); data; data = await connection.recv()) await connection.sendAll(data)
} else {
  for (let count = 0; count < sockets; count += 1) socket()
  if (finished) {
    Atomics.store(finished, 0, 1)
    Atomics.notify(finished, 0)
  }
}
