/**
 * Capitals for a text that comes in chunks of UTF-8, cut anywhere. A letter cut in two becomes its capital once its last
 * byte is there, so at most 3 bytes are ever held back. Bytes that are not UTF-8 pass unchanged. Capitals are Unicode's,
 * of any script and in no country's spelling: `ß` becomes `SS`.
 *
 * @example
 * ```ts
 * import { Capitals } from '@fund/echocaps'
 *
 * const capitals = new Capitals()
 * const bytes = Buffer.from('ação\n') // ç is two bytes, 2 and 3
 * console.log(String(capitals.of(bytes.subarray(0, 2)))) // A
 * console.log(String(capitals.of(bytes.subarray(2)))) // ÇÃO
 * console.log(capitals.rest().length) // 0
 * ```
 */
export class Capitals {
  #held: Uint8Array = new Uint8Array()

  /** The capitals of what is complete; the beginning of a letter at the end of the chunk is kept for the next call. */
  of(chunk: Uint8Array): Uint8Array {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    const complete = bytes.length - cutLength(bytes)
    this.#held = new Uint8Array(bytes.subarray(complete)) // a copy: the chunk belongs to the caller
    return capitalsOf(bytes.subarray(0, complete))
  }

  /** What is still held back, unchanged: at EOF no more of the letter will come. */
  rest(): Uint8Array {
    const held = this.#held
    this.#held = new Uint8Array()
    return held
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

function capitalsOf(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  let start = 0 // of the run of whole characters that we are in
  const endRun = (end: number): void => {
    if (end > start) parts.push(encoder.encode(strict.decode(bytes.subarray(start, end)).toUpperCase()))
  }
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at)
    if (length > 0) {
      at += length
      continue
    }
    endRun(at)
    parts.push(bytes.subarray(at, at + 1)) // not UTF-8: as it came
    at += 1
    start = at
  }
  endRun(bytes.length)
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
}

/** How many bytes at the end are the beginning of a character that is not complete: 0 to 3. */
function cutLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    if (characterLength(bytes, bytes.length - back) === INCOMPLETE) return back
  }
  return 0
}

const INVALID = 0
const INCOMPLETE = -1

/** The length of the UTF-8 character that begins here: the table of RFC 3629, section 4. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return INVALID
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  // The second byte's range is narrower after these: no overlong form, no surrogate, nothing above U+10FFFF.
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index]
    if (byte === undefined) return INCOMPLETE
    if (index === 1 ? byte < low || byte > high : byte < 0x80 || byte > 0xbf) return INVALID
  }
  return length
}
