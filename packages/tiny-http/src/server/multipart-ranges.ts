import { randomBytes } from 'node:crypto'
import type { ByteRange } from './byte-range.ts'

/** An answer in several parts: for each, what stands before its bytes; then the closing line (RFC 9110, 14.6). */
export interface MultipartPlan {
  /** The media type of the whole. */
  readonly type: string
  readonly parts: readonly { readonly head: string; readonly range: ByteRange }[]
  readonly end: string
  /** Of all of it, in bytes: what Content-Length says. */
  readonly length: number
}

/**
 * Lays out an answer of several ranges of a file.
 *
 * @param type The file's own media type, which each part carries.
 * @param boundary Must not occur in the file: 128 random bits do not.
 */
export function multipartRanges(
  ranges: readonly ByteRange[],
  type: string,
  size: number,
  boundary: string = randomBytes(16).toString('hex'),
): MultipartPlan {
  const parts = ranges.map((range, at) => ({
    head: `${at === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
    range,
  }))
  const end = `\r\n--${boundary}--\r\n`
  const length = parts.reduce((sum, { head, range }) => sum + head.length + range.last - range.first + 1, end.length)
  return { type: `multipart/byteranges; boundary=${boundary}`, parts, end, length }
}

/** The value of Content-Range for a part of a file (RFC 9110, 14.4). */
export function contentRange({ first, last }: ByteRange, size: number): string {
  return `bytes ${first}-${last}/${size}`
}
