import { isAuthority, isPlainAuthority } from './authority.ts'
import type { RawFields } from './headers.ts'
import { HttpError } from './http-error.ts'
import { checkCodings, hasOption, joined, keepsAlive } from './list-fields.ts'

/** How long a head may be. */
export interface HeadLimits {
  /** Bytes of the whole head; more is answered with 431. */
  readonly headBytes: number
  /** Bytes of the target; more is answered with 414. */
  readonly targetBytes: number
  /** Number of fields; more is answered with 431. */
  readonly fields: number
}

/** A request without its body: what stands before the first empty line. */
export interface Head extends RawFields {
  readonly method: string
  readonly target: string
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  readonly minor: 0 | 1
  /**
   * The host and port that the client means: as the target names it, or else which mark the value of Host begins at;
   * `undefined` when it named none.
   */
  readonly host: string | number | undefined
  /** Bytes of the body; -1 when it is chunked. */
  readonly bodyBytes: number
  /** Whether the client lets the connection live on (RFC 9112, section 9.3). */
  readonly keepsAlive: boolean
  /** Whether the client waits for `100 Continue` before it sends the body (RFC 9110, section 10.1.1). */
  readonly expectsContinue: boolean
  /** Whether `upgrade` is among its connection options (RFC 9110, section 7.8). */
  readonly wantsUpgrade: boolean
}

const TOKEN = 1
const TARGET = 2
const VALUE = 4

/** What each byte may be part of. */
const KINDS = new Uint8Array(256)
for (let byte = 0x21; byte <= 0xff; byte += 1) KINDS[byte] = VALUE | (byte < 0x7f ? TARGET : 0)
for (const byte of Buffer.from(' \t')) KINDS[byte] = VALUE
KINDS[0x7f] = 0
KINDS[0x23] = VALUE // a fragment (#) stays with the client: RFC 9110, section 7.1
for (const byte of Buffer.from("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
  KINDS[byte] = (KINDS[byte] as number) | TOKEN // RFC 9110, section 5.6.2
}

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SP = 0x20
const COLON = 0x3a

const GET = Buffer.from('GET')
const VERSION_1_1 = Buffer.from('HTTP/1.1')

// Where the parser is.
const BLANK = 0
const METHOD = 1
const IN_TARGET = 2
const VERSION = 3
const LINE_END = 4
const NAME = 5
const IN_VALUE = 6
const HEAD_END = 7

/**
 * Reads heads out of bytes that come in pieces, each byte once: when a head is not complete, `parse` is called again with
 * the same bytes and more behind them, and goes on where it stopped. How the bytes are cut never changes the outcome.
 *
 * Lines end in CRLF, or in LF alone, as RFC 9112, section 2.2 allows; a CR without LF is refused.
 */
export class HeadParser {
  readonly #limits: HeadLimits
  #state = BLANK
  /** How far it has read, from the beginning of the head. */
  #at = 0
  /** Where the part that it is in begins. */
  #from = 0
  #method = ''
  #target = ''
  #minor: 0 | 1 = 1
  /** The marks of the head under way; the memory serves the next one as well. */
  readonly #marks: number[] = []
  #count = 0
  /** Which mark the value of Host begins at. */
  #host: number | undefined
  #bodyBytes: number | undefined
  #codings: string | undefined
  #connection: string | undefined
  #expects: string | undefined
  #length = 0

  constructor(limits: HeadLimits) {
    this.#limits = limits
  }

  /** How many bytes the last complete head had. */
  get length(): number {
    return this.#length
  }

  /** Whether a head has begun: an empty line before it does not count. */
  get hasBegun(): boolean {
    return this.#state !== BLANK
  }

  /**
   * Reads the head that begins at `base`. `undefined` when its end has not come.
   *
   * @throws {HttpError} when it is none, or too long.
   */
  parse(bytes: Buffer, base: number): Head | undefined {
    const { headBytes, targetBytes, fields } = this.#limits
    const stop = Math.min(bytes.length, base + headBytes)
    let state = this.#state
    let i = base + this.#at
    let from = base + this.#from
    while (i < stop) {
      switch (state) {
        case BLANK: // RFC 9112, section 2.2: an empty line before a request means nothing
          if (bytes[i] === LF) i += 1
          else if (bytes[i] !== CR) {
            from = i
            state = METHOD
          } else if (i + 1 >= stop) {
            return this.#wait(state, i, from, base, bytes)
          } else if (bytes[i + 1] === LF) i += 2
          else throw bad('a CR without LF')
          break
        case METHOD:
          while (i < stop && (KINDS[bytes[i] as number] as number) & TOKEN) i += 1
          if (i === stop) break
          if (bytes[i] !== SP || i === from) throw bad('no method')
          this.#method = methodOf(bytes, from, i)
          i += 1
          from = i
          state = IN_TARGET
          break
        case IN_TARGET: {
          const longest = Math.min(stop, from + targetBytes + 1)
          while (i < longest && (KINDS[bytes[i] as number] as number) & TARGET) i += 1
          if (i - from > targetBytes) throw new HttpError(414, 'a target that is too long')
          if (i === stop) break
          if (bytes[i] !== SP || i === from) throw bad('no target')
          this.#target = bytes.toString('latin1', from, i)
          i += 1
          from = i
          state = VERSION
          break
        }
        case VERSION:
          if (stop - from < 8) {
            if (!mayBeVersion(bytes.toString('latin1', from, stop))) throw bad('no version')
            i = stop
            break
          }
          this.#minor = minorOf(bytes, from)
          i = from + 8
          state = LINE_END
          break
        case LINE_END: // CRLF, or LF alone
          if (bytes[i] === LF) i += 1
          else if (bytes[i] !== CR) throw bad('a line that does not end where it should')
          else if (i + 1 >= stop) return this.#wait(state, i, from, base, bytes)
          else if (bytes[i + 1] === LF) i += 2
          else throw bad('a CR without LF')
          from = i
          state = NAME
          break
        case NAME: // RFC 9112, section 5.1: no space before the colon; section 5.2: none before the name
          while (i < stop && (KINDS[bytes[i] as number] as number) & TOKEN) i += 1
          if (i === stop) break
          if (i === from && (bytes[i] === CR || bytes[i] === LF)) {
            state = HEAD_END
            break
          }
          if (bytes[i] !== COLON || i === from) throw bad('a line that is no field')
          if (this.#count === fields * 4) throw new HttpError(431, 'too many fields')
          this.#mark(from - base, i - base)
          i += 1
          from = i
          state = IN_VALUE
          break
        case IN_VALUE: {
          while (i < stop && (KINDS[bytes[i] as number] as number) & VALUE) i += 1
          if (i === stop) break
          let end = i // RFC 9112, section 5.1: the space around a value is not of it
          while (from < end && isSpace(bytes[from] as number)) from += 1
          while (from < end && isSpace(bytes[end - 1] as number)) end -= 1
          this.#mark(from - base, end - base)
          this.#note(bytes, base, from, end)
          state = LINE_END
          break
        }
        default: {
          if (bytes[i] === LF) i += 1
          else if (i + 1 >= stop) return this.#wait(state, i, from, base, bytes)
          else if (bytes[i + 1] === LF) i += 2
          else throw bad('a CR without LF')
          return this.#finish(bytes, base, i - base)
        }
      }
    }
    return this.#wait(state, i, from, base, bytes)
  }

  /** Keeps where it is. Not even the end of what a head may have was enough: that is too much. */
  #wait(state: number, i: number, from: number, base: number, bytes: Buffer): undefined {
    if (bytes.length - base >= this.#limits.headBytes) throw new HttpError(431, 'a head that is too long')
    this.#state = state
    this.#at = i - base
    this.#from = from - base
    return undefined
  }

  #mark(from: number, end: number): void {
    this.#marks[this.#count] = from
    this.#marks[this.#count + 1] = end
    this.#count += 2
  }

  /** Looks at the field that was just read: a few of them say how the message is to be read. */
  #note(bytes: Buffer, base: number, from: number, end: number): void {
    const marks = this.#marks
    const begin = base + (marks[this.#count - 4] as number)
    switch (base + (marks[this.#count - 3] as number) - begin) {
      case 4:
        if (!isNamed(bytes, begin, 'host')) return
        // RFC 9112, section 3.2: one Host, and a valid one
        if (this.#host !== undefined) throw bad('a second Host')
        if (!isPlainAuthority(bytes, from, end) && !isAuthority(bytes.toString('latin1', from, end))) {
          throw bad('a Host that is none')
        }
        this.#host = this.#count - 2
        return
      case 6:
        if (isNamed(bytes, begin, 'expect')) this.#expects = joined(this.#expects, bytes.toString('latin1', from, end))
        return
      case 10:
        if (!isNamed(bytes, begin, 'connection')) return
        this.#connection = joined(this.#connection, bytes.toString('latin1', from, end))
        return
      case 14:
        if (!isNamed(bytes, begin, 'content-length')) return
        // RFC 9112, section 6.3: who counts twice may be counted differently by two readers, even when both agree
        if (this.#bodyBytes !== undefined) throw bad('a second Content-Length')
        this.#bodyBytes = countOf(bytes.toString('latin1', from, end))
        return
      case 17:
        if (!isNamed(bytes, begin, 'transfer-encoding')) return
        this.#codings = joined(this.#codings, bytes.toString('latin1', from, end))
        return
    }
  }

  /** Holds the whole head to what no single field can tell, and makes ready for the next. */
  #finish(bytes: Buffer, base: number, length: number): Head {
    const method = this.#method
    const target = this.#target
    const minor = this.#minor
    const codings = this.#codings
    if (this.#host === undefined && minor === 1) throw bad('no Host') // RFC 9112, section 3.2
    if (method === 'CONNECT') throw new HttpError(501, 'no tunnels here') // RFC 9110, section 9.3.6
    const isPath = target.charCodeAt(0) === 0x2f
    const host = isPath || isAsterisk(method, target) ? this.#host : hostOf(target)
    if (codings !== undefined) {
      // RFC 9112, section 6.1: a 1.0 client knows no codings, and two lengths are one too many
      if (minor === 0) throw bad('Transfer-Encoding in HTTP/1.0')
      if (this.#bodyBytes !== undefined) throw bad('both Transfer-Encoding and Content-Length')
      checkCodings(codings)
    }
    const expects = minor === 1 && this.#expects !== undefined
    if (expects && this.#expects?.toLowerCase() !== '100-continue') throw new HttpError(417, 'an expectation')
    const connection = this.#connection === undefined ? '' : this.#connection.toLowerCase()
    const head: Head = {
      method,
      target,
      minor,
      host,
      bytes,
      base,
      marks: this.#marks.slice(0, this.#count),
      bodyBytes: codings === undefined ? (this.#bodyBytes ?? 0) : -1,
      keepsAlive: keepsAlive(connection, minor),
      expectsContinue: expects,
      wantsUpgrade: minor === 1 && connection !== '' && connection !== 'keep-alive' && hasOption(connection, 'upgrade'),
    }
    this.#length = length
    this.#state = BLANK
    this.#at = 0
    this.#from = 0
    this.#count = 0
    this.#host = undefined
    this.#bodyBytes = undefined
    this.#codings = undefined
    this.#connection = undefined
    this.#expects = undefined
    return head
  }
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === TAB
}

function bad(what: string): HttpError {
  return new HttpError(400, what)
}

/** Whether the bytes are this name, in any case; it has the right length already. */
function isNamed(bytes: Buffer, begin: number, name: string): boolean {
  for (let i = 0; i < name.length; i += 1) {
    if (((bytes[begin + i] as number) | 0x20) !== (name.charCodeAt(i) | 0x20)) return false
  }
  return true
}

/** Whether these bytes stand there: the two words that nearly every request has are no strings of their own. */
function isAt(bytes: Buffer, from: number, word: Buffer): boolean {
  for (let i = 0; i < word.length; i += 1) if (bytes[from + i] !== word[i]) return false
  return true
}

function methodOf(bytes: Buffer, from: number, end: number): string {
  if (end - from === 3 && isAt(bytes, from, GET)) return 'GET'
  return bytes.toString('latin1', from, end)
}

/** RFC 9112, section 2.3; RFC 9110, section 2.5: a later 1.x is read as 1.1, another major version not at all. */
function minorOf(bytes: Buffer, from: number): 0 | 1 {
  if (isAt(bytes, from, VERSION_1_1)) return 1
  const word = bytes.toString('latin1', from, from + 8)
  if (word === 'HTTP/1.0') return 0
  if (!/^HTTP\/\d\.\d$/.test(word)) throw bad('no version')
  if (word[5] !== '1') throw new HttpError(505, 'another version of HTTP')
  return 1
}

/** Whether a version may begin so: a line that ends before it has one is refused at once, and not waited for. */
function mayBeVersion(begin: string): boolean {
  return /^HTTP\/\d\.\d$/.test(begin + 'HTTP/1.1'.slice(begin.length))
}

/** RFC 9110, section 8.6: digits and nothing else; what no number holds is too long in any case. */
function countOf(value: string): number {
  if (!/^\d+$/.test(value)) throw bad('a Content-Length that is no number')
  const count = Number(value)
  if (!Number.isSafeInteger(count)) throw new HttpError(413, 'a body that is too long')
  return count
}

/** RFC 9112, section 3.2.4. */
function isAsterisk(method: string, target: string): boolean {
  return target === '*' && method === 'OPTIONS'
}

/** The host of a target that is a whole address. RFC 9112, section 3.2.2: it goes before the Host field. */
function hostOf(target: string): string {
  const [, authority] = /^https?:\/\/([^/?]+)(?:[/?]|$)/i.exec(target) ?? []
  if (authority === undefined || !isAuthority(authority)) throw bad('a target of no known form')
  return authority
}
