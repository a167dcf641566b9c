/** The textbook server in the blocking face: a thread for each client, which stops in recv and in sendAll. */
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { Connection, listen } from '../../../packages/net-core/src/blocking.ts'

if (isMainThread) {
  const listener = listen({ port: Number(process.argv[2] ?? 0) })
  console.log(`Waiting for connections on 127.0.0.1:${listener.address.port}`)
  for (const { handle } of listener) new Worker(import.meta.filename, { workerData: handle })
} else {
  using connection = Connection.from(workerData)
  for (let data = connection.recv(); data; data = connection.recv()) connection.sendAll(data)
}
