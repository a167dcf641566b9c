import { type Address, type Connection, connect } from '@fund/net-core'
import { type ReceivedAnswer, readAnswers } from './answers.ts'

/** What came back for some bytes. */
export interface Outcome {
  readonly answers: readonly ReceivedAnswer[]
  /** Whether the server closed the connection, instead of waiting for more. */
  readonly isClosed: boolean
}

const FENCE = 'GET /fence HTTP/1.1\r\nHost: a\r\n\r\n'

/**
 * Sends pieces, each character a byte, and reads until the server closes or answers the fence behind them, a request for
 * `/fence`. So "nothing more comes" takes no waiting.
 */
export async function exchange(address: Address, pieces: readonly string[], methods?: string[]): Promise<Outcome> {
  await using client = await connect(address)
  for (const piece of [...pieces, FENCE])
    client.trySend(Buffer.from(piece, 'latin1'), { limit: Number.POSITIVE_INFINITY })
  let raw = Buffer.alloc(0)
  while (true) {
    const chunk = await client.recv(65_536, { timeout: 15_000 })
    if (chunk === null) return { answers: readAnswers(raw, { methods, isOver: true }).answers, isClosed: true }
    raw = Buffer.concat([raw, chunk])
    const { answers } = readAnswers(raw, { methods })
    const last = answers.at(-1)
    if (last?.body.toString() === 'GET /fence') {
      return { answers: answers.slice(0, -1), isClosed: last.fields.connection === 'close' }
    }
  }
}

/** Everything that somebody reads of a connection until EOF. */
export async function readToEnd(client: Connection): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (let chunk = await client.recv(65_536, { timeout: 15_000 }); chunk; chunk = await client.recv())
    chunks.push(chunk)
  return Buffer.concat(chunks)
}
