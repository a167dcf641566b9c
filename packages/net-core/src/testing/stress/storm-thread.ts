import { workerData } from 'node:worker_threads'
import { Connection, connect, Listener, NetError } from '../../blocking.ts'
import { bytes } from '../bytes.ts'
import { CLOSED_BY_OTHERS, CONNECTIONS, MAIL, MESSAGES, STOP, type StormData } from './storm-board.ts'

/** A call that takes longer has missed its wakeup: nobody here is slower than this. */
const PATIENCE_MS = 30_000
const MAILBOXES = 8

const { job, seed, handle, port, board } = workerData as StormData
let state = seed * 2_654_435_761 || 1

/** A number from 0 to `below - 1`, the same ones for the same seed. */
function random(below: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}

function isOver(): boolean {
  return Atomics.load(board, STOP) !== 0
}

/** Sends back what comes, in its own way each time; what clients do to it is no news. */
function serve(): void {
  for (const connection of Listener.from(handle)) {
    try {
      const max = [1, 100, 4096, 65_536][random(4)] as number
      const options = { timeout: PATIENCE_MS }
      for (let data = connection.recv(max, options); data; data = connection.recv(max, options)) {
        connection.sendAll(data, options)
      }
      connection.close()
    } catch (error) {
      forgive(error, 'ECONNRESET', 'EBADF')
      connection.abort()
    }
  }
}

function forgive(error: unknown, ...codes: string[]): void {
  if (!(error instanceof NetError) || !codes.includes(error.code)) throw error
}

/** Receives so many bytes, with timeouts of all kinds on the way. */
function receive(connection: Connection, count: number): Buffer {
  const chunks: Uint8Array[] = []
  const end = performance.now() + PATIENCE_MS
  for (let got = 0; got < count; ) {
    const timeout = random(4) === 0 ? random(3) : PATIENCE_MS
    let chunk: Uint8Array | null
    try {
      chunk = connection.recv(1 + random(count - got), { timeout })
    } catch (error) {
      forgive(error, 'ETIMEDOUT')
      if (performance.now() > end) throw error
      continue
    }
    if (chunk === null) throw new Error(`EOF after ${got} of ${count} bytes`)
    chunks.push(chunk)
    got += chunk.length
  }
  return Buffer.concat(chunks)
}

function visit(): void {
  const connection = connect({ port, timeout: PATIENCE_MS })
  Atomics.add(board, CONNECTIONS, 1)
  const rounds = 1 + random(20)
  for (let round = 0; round < rounds; round += 1) {
    const size = random(10) === 0 ? 1 + random(300_000) : 1 + random(300)
    const message = bytes(size, 1 + random(2 ** 31))
    connection.sendAll(message, { timeout: PATIENCE_MS })
    if (!receive(connection, size).equals(message)) throw new Error('Other bytes came back')
    Atomics.add(board, MESSAGES, 1)
  }
  const leave = random(4)
  if (leave === 0) connection.abort()
  else if (leave === 1) beClosed(connection)
  else {
    if (leave === 2) {
      connection.closeWrite()
      if (connection.recv(1, { timeout: PATIENCE_MS }) !== null) throw new Error('More bytes came back than were sent')
    }
    connection.close()
  }
}

/** Waits to receive until another thread closes the connection. */
function beClosed(connection: Connection): void {
  const box = MAIL + 2 * random(MAILBOXES)
  if (Atomics.compareExchange(board, box, 0, Math.floor(connection.handle / 2 ** 21) + 1) !== 0) {
    connection.close()
    return
  }
  Atomics.store(board, box + 1, (connection.handle % 2 ** 21) + 1)
  try {
    connection.recv(1, { timeout: PATIENCE_MS })
    throw new Error('A connection on which nobody sends gave something')
  } catch (error) {
    forgive(error, 'EBADF')
  }
}

function close(): void {
  while (true) {
    for (let box = MAIL; box < MAIL + 2 * MAILBOXES; box += 2) {
      const low = Atomics.exchange(board, box + 1, 0)
      if (low === 0) continue
      const high = Atomics.exchange(board, box, 0)
      Connection.from((high - 1) * 2 ** 21 + low - 1).close()
      Atomics.add(board, CLOSED_BY_OTHERS, 1)
    }
    if (Atomics.load(board, STOP) === 2) return
    Atomics.wait(board, STOP, Atomics.load(board, STOP), random(2))
  }
}

if (job === 'server') serve()
else if (job === 'client') while (!isOver()) visit()
else if (job === 'closer') close()
else while (!isOver()) random(2)
