import { HttpError } from './http-error.ts'

/** RFC 9112, sections 6.1 and 6.3: chunked once and last, or the end is unknown; other codings are unknown to us. */
export function checkCodings(codings: string): void {
  const names = membersOf(codings.toLowerCase())
  if (names.length === 1 && names[0] === 'chunked') return
  const isRead = names.at(-1) === 'chunked' && names.indexOf('chunked') === names.length - 1
  if (!isRead || names.includes('')) {
    throw new HttpError(400, 'a Transfer-Encoding that does not end in chunked')
  }
  throw new HttpError(501, 'an unknown transfer coding')
}

/** RFC 9112, section 9.3: what a Connection field, in small letters, and the version come to. */
export function keepsAlive(connection: string, minor: 0 | 1): boolean {
  if (connection === '') return minor === 1
  if (connection === 'keep-alive') return true
  if (hasOption(connection, 'close')) return false
  return minor === 1 || hasOption(connection, 'keep-alive')
}

/** Whether a list has this option; of such lists no member is ever quoted. */
export function hasOption(list: string, option: string): boolean {
  return list === option || membersOf(list).includes(option)
}

/**
 * RFC 9110, section 5.6.3: the space around a member is SP and HTAB. `trim` takes a no-break space for one too, which other
 * readers see as a part of the word: such a member stays as it is, and is no word that we know.
 */
function membersOf(list: string): string[] {
  return list.split(',').map((member) => (member.includes('\xa0') ? member : member.trim()))
}

/** The value of a field that may stand in several lines (RFC 9110, section 5.3). */
export function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`
}
