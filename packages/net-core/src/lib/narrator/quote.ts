import { escapeByte, isPrintable } from './printable.ts'

/** How much of the bytes is shown. */
export interface QuoteOptions {
  /** How many bytes there were, when `data` is only the first of them. */
  readonly total?: number | undefined
  /** How many characters the result may have, quotes and `…` included. */
  readonly width?: number | undefined
}

const named = new Map([
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
])

/**
 * Bytes as text between quotes: UTF-8 where they are UTF-8, `\n \r \t \0 \" \\` and `\xNN` for everything that is not or
 * that a terminal would obey. `…` behind it says that there was more; a character that the end of `data` then cuts in
 * two is left out.
 */
export function quote(data: Uint8Array, { total = data.length, width = Infinity }: QuoteOptions = {}): string {
  const pieces: string[] = []
  let isCut = total > data.length
  let length = 2
  for (let at = 0; at < data.length; ) {
    const size = characterSize(data, at)
    if (size === undefined && isCut) break
    const piece = show(data, at, size ?? 0)
    pieces.push(piece)
    length += piece.length
    at += size || 1
  }
  if (length + (isCut ? 1 : 0) > width) {
    isCut = true
    while (length + 1 > width && pieces.length > 0) length -= pieces.pop()?.length ?? 0
  }
  return `"${pieces.join('')}"${isCut ? '…' : ''}`
}

function show(data: Uint8Array, at: number, size: number): string {
  const byte = data[at] as number
  if (size === 0) return escapeByte(byte)
  if (size === 1) {
    if (byte === 0) return isDigit(data[at + 1]) ? '\\x00' : '\\0' // "\01" would read as one octal number
    return named.get(byte) ?? (byte < 0x20 || byte === 0x7f ? escapeByte(byte) : String.fromCharCode(byte))
  }
  const bytes = data.subarray(at, at + size)
  const character = Buffer.from(bytes).toString()
  return isPrintable(character) ? character : Array.from(bytes, escapeByte).join('')
}

function isDigit(byte = 0): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** How many bytes the character there has: 0 when it is none, `undefined` when the data ends within it. */
function characterSize(data: Uint8Array, at: number): number | undefined {
  const first = data[at] as number
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  // The second byte's range keeps out what has a shorter form, the surrogates, and what lies beyond Unicode.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  for (let index = 1; index < size; index += 1) {
    const byte = data[at + index]
    if (byte === undefined) return undefined
    if (byte < (index === 1 ? low : 0x80) || byte > (index === 1 ? high : 0xbf)) return 0
  }
  return size
}
