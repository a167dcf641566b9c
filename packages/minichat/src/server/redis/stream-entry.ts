import { isUtf8 } from 'node:buffer'
import { isClean } from '../../clean.ts'
import type { Frame, Said } from '../bus.ts'
import type { Reply } from './broker-link.ts'

/** How much one entry may carry; an entry with more is not ours. */
const LINES_BYTES = 8 << 20
const NOTES_BYTES = 1 << 20

/** A frame as it lies in the stream. */
export interface Entry {
  readonly frame: Frame
  /** The frame's number among those of its origin, from 1, without gaps. */
  readonly n: number
  /** How many lines its origin said before it. */
  readonly before: number
}

/** A frame with its number, on its way out. It never changes, however often it is sent. */
export interface Outgoing extends Said {
  readonly n: number
  readonly before: number
}

/** The words that put a frame into the stream, which keeps about the last 10,000 entries. */
export function addWords(
  key: string,
  origin: string,
  { n, before, count, lines, notes }: Outgoing,
): (string | Buffer)[] {
  const fields = ['o', origin, 'n', String(n), 'a', String(before), 'c', String(count), 'l', lines]
  if (notes && notes.length > 0) fields.push('t', JSON.stringify(notes))
  return ['XADD', key, 'MAXLEN', '~', '10000', '*', ...fields]
}

/** The id of an entry, whatever is in it; undefined when this is no entry. */
export function entryId(reply: Reply): string | undefined {
  const id = Array.isArray(reply) ? String(reply[0]) : ''
  return isId(id) ? id : undefined
}

/**
 * Reads an entry of the stream. Undefined when it is none of ours: other programs may write there, so nothing in it is
 * believed, and a line that a terminal would obey is as good as none.
 */
export function readEntry(reply: Reply): Entry | undefined {
  const id = entryId(reply)
  const words = Array.isArray(reply) && Array.isArray(reply[1]) ? (reply[1] as readonly Reply[]) : []
  const fields = new Map<string, Buffer>()
  for (let at = 0; at + 1 < words.length; at += 2) {
    const value = words[at + 1]
    if (Buffer.isBuffer(value)) fields.set(String(words[at]), value)
  }
  const origin = String(fields.get('o'))
  const n = wholeNumber(fields.get('n'))
  const before = wholeNumber(fields.get('a'))
  const count = wholeNumber(fields.get('c'))
  const lines = fields.get('l')
  const notes = readNotes(fields.get('t'))
  if (id === undefined || !isOrigin(origin) || !lines || !notes) return undefined
  if (n === undefined || n === 0 || before === undefined || count === undefined) return undefined
  if (!isHarmless(lines, count)) return undefined
  return { frame: { id, origin, lines, count, notes }, n, before }
}

/** Whether this can be the name of a server in one of its lives. */
export function isOrigin(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text)
}

/** Whether this can be the id of an entry: two numbers of 64 bits. */
export function isId(text: string): boolean {
  return /^\d{1,20}-\d{1,20}$/.test(text)
}

/** Which of two entries comes first: negative when it is `a`. */
export function compareIds(a: string, b: string): number {
  const [aTime = '', aNumber = ''] = a.split('-')
  const [bTime = '', bNumber = ''] = b.split('-')
  return compareNumbers(aTime, bTime) || compareNumbers(aNumber, bNumber)
}

/** Too long for a double; of two without leading zeros the longer one is larger. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : Number(a > b))
}

function wholeNumber(field: Buffer | undefined): number | undefined {
  const text = String(field)
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function readNotes(field: Buffer | undefined): readonly string[] | undefined {
  if (!field) return []
  if (field.length > NOTES_BYTES) return undefined
  try {
    const notes: unknown = JSON.parse(String(field))
    return Array.isArray(notes) && notes.every((note) => typeof note === 'string') ? notes : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether these are so many whole lines, in UTF-8, of text that no terminal obeys. */
function isHarmless(lines: Buffer, count: number): boolean {
  if (lines.length > LINES_BYTES) return false
  let ends = 0
  let isAscii = true
  // Byte by byte and by index: for what is only ASCII, as most is, twice as fast as a pattern of Unicode's classes.
  for (let at = 0; at < lines.length; at += 1) {
    const byte = lines[at] as number
    if (byte === LF) ends += 1
    else if ((byte < SPACE && byte !== TAB) || byte === DELETE) return false
    else if (byte > DELETE) isAscii = false
  }
  if (ends !== count || (lines.length > 0 && lines.at(-1) !== LF)) return false
  return isAscii || (isUtf8(lines) && isClean(String(lines).replaceAll('\n', ' ')))
}

const TAB = 0x09
const LF = 0x0a
const SPACE = 0x20
const DELETE = 0x7f
