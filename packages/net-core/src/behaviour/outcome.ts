import { createHash } from 'node:crypto'
import { bytes } from '../testing/bytes.ts'
import type { Data } from './scenario.ts'

/** How a call ended, in a form that gets from thread to thread and from process to process. */
export type Ended =
  | { readonly gave: unknown; readonly handle?: number; readonly address?: { host: string; port: number } }
  | { readonly failed: { readonly code: string; readonly message: string; readonly sent?: number } }

/** The bytes of a message. */
export function bytesOf(data: Data): Buffer {
  return typeof data === 'string' ? Buffer.from(data) : bytes(data.bytes, data.seed)
}

/** Short bytes as text, long ones as a digest: enough to compare, and to see what is wrong. */
export function inShort(chunk: Uint8Array): string {
  const isText = chunk.length <= 64
  return isText
    ? Buffer.from(chunk).toString()
    : `${chunk.length} bytes, ${createHash('sha1').update(chunk).digest('hex')}`
}
