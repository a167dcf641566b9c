import { type Content, partsOf, takeContent } from './body.ts'
import { fieldsOf, Headers, linesOf } from './headers.ts'
import { HttpError } from './http-error.ts'
import { type AnyResponse, headersIn, lengthOf, type Request, Response, typeOf } from './message.ts'
import type { Head } from './parse.ts'
import { reasons } from './reasons.ts'
import { standard } from './standard.ts'

/** A body up to this long leaves in one write with the head, as one string. */
const ONE_WRITE_BYTES = 16 * 1024

/** How the client learns where the body ends (RFC 9112, section 6.3). */
type Framing = 'length' | 'chunked' | 'close'

/** An answer as it goes out. */
export interface Answer {
  /** Each of its characters is a byte: the head, and a short body behind it. */
  readonly text: string
  /** The body, where it is not in the text. */
  readonly rest: Uint8Array | AsyncIterable<Uint8Array> | null
  readonly framing: Framing
  /** Bytes of the body, or -1. */
  readonly length: number
  /** Whether it is the last of its connection. */
  readonly closes: boolean
}

/**
 * Frames a response for a request, of which `undefined` is one that could not be read.
 *
 * @throws {TypeError} when it cannot be sent.
 */
export function answerTo(head: Head | undefined, response: AnyResponse, date: string, mayStay: boolean): Answer {
  const isLight = response instanceof Response
  const status = response.status
  if (!(status >= 200 && status <= 599)) throw new TypeError('Cannot answer with what is no response')
  const own = isLight ? headersIn(response) : new Headers(response.headers as Iterable<[string, string]>)
  const fields = own === undefined ? NONE : fieldsOf(own)
  let closes = !mayStay
  let given = -1
  let hasType = false
  let text = ''
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string
    const value = fields[at + 1] as string
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'date') date = ''
        break
      case 10: // the server's own business: RFC 9110, section 7.6.1
        if (isOptions(name.toLowerCase())) {
          if (/\bclose\b/i.test(value)) closes = true
          continue
        }
        break
      case 12:
        hasType ||= name.toLowerCase() === 'content-type'
        break
      case 14:
        if (name.toLowerCase() !== 'content-length') break
        if (!/^\d{1,15}$/.test(value)) throw new TypeError(`Cannot send ${value} as a length`)
        given = Number(value)
        continue
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') continue
        break
    }
    text += `${name}: ${value}\r\n`
  }
  if (isLight && !hasType && typeOf(response) !== '') text += `Content-Type: ${typeOf(response)}\r\n`

  const isBodiless = status === 204 || status === 304
  const isHead = head?.method === 'HEAD'
  const taken: Content = isLight ? takeContent(response) : contentOf(response)
  let content = typeof taken === 'string' && Buffer.byteLength(taken) !== taken.length ? Buffer.from(taken) : taken
  let length = given
  let framing: Framing = 'length'
  if (content === null) length = isHead || status === 304 ? given : 0
  else if (typeof content === 'string' || content instanceof Uint8Array) length = content.length
  else if (length < 0) {
    length = isLight ? lengthOf(response) : -1
    if (length < 0) framing = head?.minor === 0 ? 'close' : 'chunked'
  }
  if (isBodiless || isHead) {
    if (content !== null && typeof content !== 'string' && !(content instanceof Uint8Array)) giveUp(content)
    content = null
  }
  // RFC 9110, section 8.6: no length where there can be no body; RFC 9112, section 6.1: no coding either.
  if (status !== 204 && length >= 0) text += `Content-Length: ${length}\r\n`
  if (framing === 'chunked' && content !== null) text += 'Transfer-Encoding: chunked\r\n'
  if (framing === 'close') closes = true
  if (closes) text += 'Connection: close\r\n'
  else if (head?.minor === 0) text += 'Connection: keep-alive\r\n' // RFC 9112, appendix C.2.2
  text = `${startOf(status, response.statusText)}${date}${text}\r\n`

  if (content === null) return { text, rest: null, framing, length: 0, closes }
  if (typeof content === 'string') {
    if (content.length <= 4 * ONE_WRITE_BYTES) return { text: text + content, rest: null, framing, length, closes }
    content = Buffer.from(content)
  }
  if (!(content instanceof Uint8Array)) return { text, rest: content, framing, length, closes }
  if (content.length > ONE_WRITE_BYTES) return { text, rest: content, framing, length, closes }
  const { buffer, byteOffset, byteLength } = content
  const body = Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
  return { text: text + body, rest: null, framing, length, closes }
}

const NONE: readonly string[] = []

function isOptions(lower: string): boolean {
  return lower === 'connection' || lower === 'keep-alive'
}

/** The status lines that were needed so far. */
const starts: string[] = []

function startOf(status: number, reason: string): string {
  if (reason !== '') return `HTTP/1.1 ${status} ${reason}\r\n`
  starts[status] ??= `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n`
  return starts[status]
}

function contentOf(response: globalThis.Response): Content {
  const { body, bodyUsed } = response
  if (bodyUsed || body?.locked) throw new TypeError('Cannot send the body: it has been read already')
  return body !== null && isForm(response) ? partsOf(body as never) : (body as Content)
}

/** Whether it is the platform's, of a form: see {@link partsOf}. */
function isForm(response: AnyResponse): boolean {
  const isPlatforms = !(response instanceof Response) && response instanceof standard().Response
  return isPlatforms && (response.headers.get('content-type')?.startsWith('multipart/form-data') ?? false)
}

/** Tells the stream of an answer that nobody will read it. */
export function giveUpAnswer(given: AnyResponse | undefined): void {
  if (given && !isForm(given)) giveUp(given.body)
}

/** Tells a stream that nobody will read it; whatever else a handler gave for a body is left alone. */
function giveUp(content: unknown): void {
  const told = async (): Promise<void> => {
    if (content instanceof ReadableStream) await content.cancel()
    else await (content as Partial<AsyncIterable<unknown>>)?.[Symbol.asyncIterator]?.().return?.()
  }
  told().catch(() => undefined) // whoever made the stream knows what went wrong in it
}

/** RFC 9110, section 6.5.1: only to a client that said it takes them. */
export async function trailersOf(request: Request, response: AnyResponse): Promise<string> {
  if (!(response instanceof Response) || !response.trailers) return ''
  if (!/\btrailers\b/i.test(request.headers.get('te') ?? '')) return ''
  return linesOf(new Headers(await response.trailers()))
}

/** An error in its own words. */
export function plain(status: number): Response {
  return new Response(`${status} ${reasons[status] ?? 'Error'}\n`, { status })
}

/** What a handler's failure comes to when nobody else says: its own status, or 500 and a word on stderr. */
export function answerToError(error: unknown, request: Request): Response {
  if (error instanceof HttpError) return plain(error.status)
  console.error(`The handler failed at ${request.method} ${request.target}:`, error)
  return plain(500)
}
