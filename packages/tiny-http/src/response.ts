import type { Connection } from '@fund/net-core'
import type { OpenFile } from './files.ts'

/** How much of a file is read and sent at a time. */
const PIECE_BYTES = 64 * 1024

const reasons = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
} as const

type Status = keyof typeof reasons

/** A request that gets another answer than it asked for. */
export class Refusal extends Error {
  readonly status: Status

  constructor(status: Status) {
    super(reasons[status])
    this.status = status
  }
}

/** The first lines of an answer, and the empty one behind them. */
function headOf(status: Status, type: string, bytes: number): string {
  const allow = status === 405 ? ['Allow: GET'] : []
  const fields = [`Content-Type: ${type}`, `Content-Length: ${bytes}`, ...allow, 'Connection: close']
  return [`HTTP/1.1 ${status} ${reasons[status]}`, ...fields, '', ''].join('\r\n')
}

/** Sends a text that a browser shows. */
export async function sendText(connection: Connection, text: string): Promise<void> {
  await connection.sendAll(headOf(200, 'text/html; charset=utf-8', Buffer.byteLength(text)) + text)
}

/** Sends an error in its own words. The answer to HEAD has no body, whatever its Content-Length says. */
export async function sendRefusal(connection: Connection, status: Status, method: string): Promise<void> {
  const text = `${status} ${reasons[status]}\n`
  const head = headOf(status, 'text/plain; charset=utf-8', text.length)
  await connection.sendAll(method === 'HEAD' ? head : head + text)
}

/** Sends a file piece by piece, so that a long one is never in memory whole; a peer that takes none for `timeout` ms loses it. */
export async function sendFile(connection: Connection, file: OpenFile, timeout: number): Promise<void> {
  await connection.sendAll(headOf(200, file.type, file.size))
  for (let left = file.size; left > 0; ) {
    const { bytesRead, buffer } = await file.handle.read({ buffer: Buffer.allocUnsafe(Math.min(PIECE_BYTES, left)) })
    if (bytesRead === 0) return connection.abort() // it has become shorter: what was promised cannot be sent
    await connection.sendAll(buffer.subarray(0, bytesRead), { timeout })
    left -= bytesRead
  }
}
