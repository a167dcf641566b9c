/** What a `Headers` can be made of. */
export type HeadersInit = Iterable<readonly [string, string]> | Readonly<Record<string, string>> | globalThis.Headers

/** The fields of a message as they came: where each name and value begins and ends in these bytes. */
export interface RawFields {
  readonly bytes: Buffer
  /** Where in them the head begins; the marks count from there. */
  readonly base: number
  /** Four numbers for each field: begin and end of its name, begin and end of its value. */
  readonly marks: readonly number[]
}

// What the server may look into, and nobody else: the class fills these in.

/** The fields of a received message, read when somebody asks for them. */
export let receivedHeaders: (raw: RawFields) => Headers

/** Name and value in turn, each name as it was given: what goes out. */
export let fieldsOf: (headers: Headers) => readonly string[]

const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/ // RFC 9110, section 5.6.2
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/ // RFC 9110, section 5.5: a CR or LF here would begin a field of its own

/**
 * The fields of a request or response, as the standard `Headers` has them: names in any case, several of one name joined
 * by a comma, `Set-Cookie` kept apart. Those of a request stay bytes until somebody asks for them.
 *
 * @example
 * ```ts
 * import { Headers } from '@fund/tiny-http/server'
 *
 * const headers = new Headers({ 'Content-Type': 'text/plain' })
 * headers.append('Vary', 'Accept')
 * headers.append('vary', 'Cookie')
 * console.log(headers.get('content-type'), headers.get('Vary')) // text/plain Accept, Cookie
 * ```
 */
export class Headers implements globalThis.Headers {
  #fields: string[] = []
  #raw: RawFields | undefined

  /** @throws {TypeError} when a name or a value cannot be one. */
  constructor(init?: HeadersInit) {
    if (init === undefined) return
    const isList = typeof (init as Iterable<unknown>)[Symbol.iterator] === 'function'
    if (isList) for (const [name, value] of init as Iterable<[string, string]>) this.append(name, value)
    else for (const name of Object.keys(init)) this.append(name, (init as Record<string, string>)[name] as string)
  }

  append(name: string, value: string): void {
    if (!TOKEN.test(name)) throw new TypeError(`Cannot name a field ${JSON.stringify(name)}`)
    const text = trimmed(`${value}`)
    if (UNFIT.test(text)) throw new TypeError(`Cannot send ${JSON.stringify(text)} as the value of ${name}`)
    this.#list().push(name, text)
  }

  set(name: string, value: string): void {
    const all = this.#list()
    const length = all.length
    this.append(name, value)
    const at = find(all, name.toLowerCase(), 0)
    if (at === length) return
    all[at + 1] = all[length + 1] as string
    all.length = length
    remove(all, name.toLowerCase(), at + 2)
  }

  delete(name: string): void {
    remove(this.#list(), name.toLowerCase(), 0)
  }

  has(name: string): boolean {
    return this.#raw ? findRaw(this.#raw, name, 0) !== -1 : find(this.#fields, name.toLowerCase(), 0) !== -1
  }

  get(name: string): string | null {
    const raw = this.#raw
    let value: string | null = null
    if (raw) {
      for (let at = findRaw(raw, name, 0); at !== -1; at = findRaw(raw, name, at + 4)) {
        value = join(value, sliceRaw(raw, at + 2), name)
      }
      return value
    }
    const lower = name.toLowerCase()
    for (let at = find(this.#fields, lower, 0); at !== -1; at = find(this.#fields, lower, at + 2)) {
      value = join(value, this.#fields[at + 1] as string, lower)
    }
    return value
  }

  getSetCookie(): string[] {
    const all = this.#list()
    return all.filter((_, at) => at % 2 === 1 && all[at - 1]?.toLowerCase() === 'set-cookie')
  }

  forEach(call: (value: string, name: string, headers: globalThis.Headers) => void, thisArg?: unknown): void {
    for (const [name, value] of this) call.call(thisArg, value, name, this)
  }

  /** Sorted by name, names in small letters. */
  *entries(): HeadersIterator<[string, string]> {
    const all = this.#list()
    const names = new Set(all.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
    for (const name of [...names].sort()) {
      if (name !== 'set-cookie') yield [name, this.get(name) as string]
      else for (const cookie of this.getSetCookie()) yield [name, cookie]
    }
  }

  *keys(): HeadersIterator<string> {
    for (const [name] of this) yield name
  }

  *values(): HeadersIterator<string> {
    for (const [, value] of this) yield value
  }

  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries()
  }

  /** All fields as strings, which may then be changed. */
  #list(): string[] {
    const raw = this.#raw
    if (raw) {
      this.#raw = undefined
      for (let at = 0; at < raw.marks.length; at += 2) this.#fields.push(sliceRaw(raw, at))
    }
    return this.#fields
  }

  static {
    receivedHeaders = (raw) => {
      const headers = new Headers()
      headers.#raw = raw
      return headers
    }
    fieldsOf = (headers) => headers.#list()
  }
}

/** The fields as they go out, each with its line end. */
export function linesOf(headers: Headers): string {
  return fieldsOf(headers)
    .map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`))
    .join('')
}

type HeadersIterator<T> = Generator<T, undefined, unknown>

/** Fetch, section 2.2.2: spaces and line ends around a value are not of it. */
function trimmed(value: string): string {
  return /^[\t\n\r ]|[\t\n\r ]$/.test(value) ? value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '') : value
}

function find(fields: readonly string[], lower: string, from: number): number {
  for (let at = from; at < fields.length; at += 2) {
    const name = fields[at] as string
    if (name.length === lower.length && name.toLowerCase() === lower) return at
  }
  return -1
}

function remove(fields: string[], lower: string, from: number): void {
  for (let at = find(fields, lower, from); at !== -1; at = find(fields, lower, at)) fields.splice(at, 2)
}

/** Where the marks of the next field of this name begin, or -1. Compares bytes: most names differ by their length. */
function findRaw({ bytes, base, marks }: RawFields, name: string, from: number): number {
  const { length } = name
  fields: for (let at = from; at < marks.length; at += 4) {
    const begin = marks[at] as number
    if ((marks[at + 1] as number) - begin !== length) continue
    const first = base + begin
    for (let i = 0; i < length; i += 1) {
      const ours = name.charCodeAt(i)
      const theirs = bytes[first + i] as number
      // Letters differ by one bit in their case; of the other characters of a token none is a letter but for that bit.
      if (ours !== theirs && ((ours | 0x20) !== (theirs | 0x20) || (ours | 0x20) < 0x61 || (ours | 0x20) > 0x7a)) {
        continue fields
      }
    }
    return at
  }
  return -1
}

/** The text between one mark and the next. */
export function sliceRaw({ bytes, base, marks }: RawFields, at: number): string {
  return bytes.toString('latin1', base + (marks[at] as number), base + (marks[at + 1] as number))
}

function join(before: string | null, value: string, name: string): string {
  if (before === null) return value
  return `${before}${name.toLowerCase() === 'cookie' ? '; ' : ', '}${value}`
}
