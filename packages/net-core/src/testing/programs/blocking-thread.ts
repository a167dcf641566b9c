import { workerData } from 'node:worker_threads'
import { Connection, connect, Listener, listen } from '../../blocking.ts'
import { NetError } from '../../lib/net-error.ts'

/** What a thread of the tests is told. */
export interface ThreadData {
  readonly job: 'receive' | 'send' | 'echo' | 'serve' | 'listen' | 'alone' | 'stale'
  readonly handle?: number
  /** Told that this thread is at work, or what came out of it. */
  readonly counter?: Int32Array
  readonly letter?: string
  readonly rounds?: number
  readonly size?: number
}

const { job, handle = 0, counter, letter = 'x', rounds = 1, size = 1 } = workerData as ThreadData

function count(by = 1): void {
  if (!counter) return
  Atomics.add(counter, 0, by)
  Atomics.notify(counter, 0)
}

/** Receives until the end, and lets the end be an error. */
function receive(): void {
  const connection = Connection.from(handle)
  count()
  connection.recv()
}

/** Sends messages of one letter each. */
function send(): void {
  const connection = Connection.from(handle)
  for (let round = 0; round < rounds; round += 1) connection.sendAll(letter.repeat(size))
}

/** Sends back what comes. */
function echo(connection: Connection): void {
  for (let data = connection.recv(); data; data = connection.recv()) connection.sendAll(data)
  connection.close()
}

/** Serves whoever comes until the listener closes. */
function serve(): void {
  for (const connection of Listener.from(handle)) {
    echo(connection)
    count()
  }
}

/** Listens, and ends; the listener lives on. */
function openListener(): void {
  const listener = listen()
  if (counter) Atomics.store(counter, 1, listener.handle)
  count()
}

/** A program of its own within one thread. */
function alone(): void {
  const listener = listen()
  const client = connect(listener.address)
  const connection = listener.accept()
  client.sendAll('oi\n')
  client.closeWrite()
  echo(connection)
  if (String(client.recv()) === 'oi\n' && client.recv() === null && client.close()) count()
  listener.close()
}

/** Uses a handle over and over, though its connection is closed and its place is used by others. */
function useStale(): void {
  const connection = Connection.from(handle)
  count()
  let isOpen = true
  while (isOpen) {
    try {
      if (letter === 'recv') connection.recv(65_536, { timeout: 1 })
      else if (letter === 'send') connection.sendAll('a stranger')
      else isOpen = !connection.isClosed
    } catch (error) {
      if (!(error instanceof NetError)) throw error
      if (error.code === 'EBADF') isOpen = false
    }
  }
  // It is closed. From here on every call must say so, whoever has its place now.
  for (let round = 0; round < rounds; round += 1) {
    try {
      const got = letter === 'recv' ? connection.recv(65_536, { timeout: 0 }) : connection.sendAll('a stranger')
      throw new Error(`A closed connection gave ${got}`)
    } catch (error) {
      if (!(error instanceof NetError) || error.code !== 'EBADF') throw error
    }
    if (connection.trySend('a stranger') !== 'closed') throw new Error('A closed connection sends')
    connection.closeWrite()
    connection.abort()
  }
  count()
}

const jobs = {
  receive,
  send,
  echo: () => echo(Connection.from(handle)),
  serve,
  listen: openListener,
  alone,
  stale: useStale,
}
jobs[job]()
