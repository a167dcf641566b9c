import { resolve } from 'node:path'
import type { Language } from '@fund/net-core/program'
import { chooseCoding } from './accept-encoding.ts'
import { byteRanges } from './byte-range.ts'
import { allowsRange, type Field, weigh } from './conditional.ts'
import { FileCache } from './file-cache.ts'
import { type FilePath, filePath, MALFORMED, urlPath } from './file-path.ts'
import { FileStream } from './file-stream.ts'
import { find } from './folder.ts'
import type { Headers } from './headers.ts'
import { httpDate } from './http-date.ts'
import { listingPage, readFolder } from './listing.ts'
import { type Handler, type Request, Response, readyResponse } from './message.ts'
import { contentRange, multipartRanges } from './multipart-ranges.ts'
import { Ready } from './ready.ts'
import { openRepresentation, type Representation, Resource } from './resource.ts'

/** How the files of a folder are given. */
export interface FilesOptions {
  /** Whether a folder without an index.html shows what is in it; true when not said. */
  readonly list?: boolean | undefined
  /**
   * For an application of a single page, which reads the address itself: a path behind which there is nothing gives
   * /index.html, unless its last name has a dot in it. A picture that is missing is missing.
   */
  readonly spa?: boolean | undefined
  /** Whether scripts of pages from elsewhere may read the files (CORS). */
  readonly cors?: boolean | undefined
  /** Cache-Control of a file, by its path (`/app.js`): `no-cache`, ask me each time whether it changed, when not said. */
  readonly cacheControl?: string | ((path: string) => string) | undefined
  /** Memory for the files that are kept, in bytes; 64 MiB when not said, 0 for none. */
  readonly cacheBytes?: number | undefined
  /** Milliseconds for which a kept file is given without a look whether it has changed; 0 when not said. */
  readonly trustMs?: number | undefined
  /** Of the list of a folder; `en` when not said. */
  readonly language?: Language | undefined
}

const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024
const METHODS = 'GET, HEAD, OPTIONS'

type Fields = [name: string, value: string][]

/**
 * A handler that gives the files of a folder, and nothing else that the machine has: not what links lead out to, no hidden
 * names but `/.well-known`, no pipes and devices.
 *
 * It answers GET and HEAD with what HTTP has for files: conditions, ranges, `index.html`, a list where there is none, a
 * packed `.br` or `.gz` beside a file for those who take it. Small files are kept in memory, and given only after a
 * look whether they have changed.
 *
 * @example
 * ```ts
 * import { files, serve } from '@fund/tiny-http/server'
 *
 * const server = await serve(files('starter'))
 * const response = await fetch(`${server.url}tiny-http.ts`, { headers: { Range: 'bytes=0-9' } })
 * console.log(response.status, response.headers.get('content-range')) // 206 bytes 0-9/…
 * await response.text()
 * await server.close()
 * ```
 */
export function files(folder: string, options: FilesOptions = {}): Handler {
  const server = new FileServer(resolve(folder), options)
  return (request) => server.answer(request)
}

class FileServer {
  readonly #folder: string
  readonly #options: FilesOptions
  readonly #trustMs: number
  readonly #cache: FileCache<Resource>
  readonly #always: Fields

  constructor(folder: string, options: FilesOptions) {
    this.#folder = folder
    this.#options = options
    this.#trustMs = options.trustMs ?? 0
    this.#cache = new FileCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES)
    this.#always = [['X-Content-Type-Options', 'nosniff']] // a file is what its type says, and never a script by accident
    if (options.cors) {
      this.#always.push(
        ['Access-Control-Allow-Origin', '*'],
        ['Access-Control-Expose-Headers', 'Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag'],
      )
    }
  }

  answer(request: Request): Response {
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD') return this.#answerOther(request)
    const path = pathOf(request.target)
    if (path === undefined) return this.#refusal(400)
    const now = Date.now()
    return this.#answerKept(request, path, now) ?? this.#answerAnew(request, path, now)
  }

  #answerKept(request: Request, key: string, now: number): Response | undefined {
    const resource = this.#cache.get(key)
    if (resource === undefined) return undefined
    if (resource.isCurrent(now, this.#trustMs)) {
      const response = this.#answerFile(request, key, resource, now)
      if (response) return response
    }
    this.#cache.delete(key)
    return undefined
  }

  #answerAnew(request: Request, path: string, now: number): Response {
    const asked = filePath(path)
    if (asked === MALFORMED) return this.#refusal(400)
    if (asked === undefined) return this.#refusal(404)
    const key = urlPath(asked) // a path can be written in many ways, and is kept under one
    const kept = key === path ? undefined : this.#answerKept(request, key, now)
    return kept ?? this.#lookUp(request, asked, key, now)
  }

  #lookUp(request: Request, asked: FilePath, key: string, now: number): Response {
    const { relative, isFolder } = asked
    const found = find(this.#folder, relative)
    if (found?.stats.isFile() && !isFolder) return this.#answerFound(request, relative, key, now)
    if (found?.stats.isDirectory()) {
      const index = relative === '' ? 'index.html' : `${relative}/index.html`
      const hasIndex = find(this.#folder, index)?.stats.isFile() ?? false
      if ((hasIndex || this.#lists) && !isFolder) return this.#redirect(request, asked)
      if (hasIndex) return this.#answerFound(request, index, key, now)
      if (this.#lists) return this.#list(relative)
    }
    const isAsset = relative.slice(relative.lastIndexOf('/') + 1).includes('.')
    if (!this.#options.spa || isAsset || relative === '') return this.#refusal(404)
    const root = { relative: '', isFolder: true }
    return this.#answerKept(request, '/', now) ?? this.#lookUp(request, root, '/', now)
  }

  /** With an application of a single page, what is no file is a place within the application. */
  get #lists(): boolean {
    return (this.#options.list ?? true) && !this.#options.spa
  }

  #answerFound(request: Request, relative: string, key: string, now: number): Response {
    // Between the look and the opening a file may be replaced; whoever is replaced twice within that is not there.
    for (let tries = 0; tries < 2; tries += 1) {
      const found = find(this.#folder, relative)
      if (!found?.stats.isFile()) break
      const resource = new Resource(this.#folder, relative, found, now)
      const response = this.#answerFile(request, key, resource, now)
      if (response) return response
    }
    return this.#refusal(404)
  }

  /** `undefined` when the file is no longer there, or no longer the same. */
  #answerFile(request: Request, key: string, resource: Resource, now: number): Response | undefined {
    const { headers } = request
    const codings = resource.codings(now)
    const coding = codings.length === 0 ? 'identity' : chooseCoding(headers.get('accept-encoding'), codings)
    const weight = resource.weight
    const file = resource.representation(coding, now)
    if (!file) return undefined
    if (resource.isSettled && resource.weight !== weight) this.#cache.set(key, resource)
    if (file.ready && request.method === 'GET' && asksForAll(headers)) return readyResponse(file.ready)

    const field: Field = (name) => headers.get(name)
    const { etag, modified } = file
    const fields: Fields = [['ETag', etag], ['Cache-Control', this.#cacheControl(key)], ...this.#always]
    if (codings.length > 0) fields.push(['Vary', 'Accept-Encoding']) // 12.5.5: also where the choice was the plain one
    const verdict = weigh(field, file)
    if (verdict === 304) return new Response(null, { status: 304, headers: fields }) // 15.4.5: no more than these
    if (verdict === 412) return this.#refusal(412) // 13.1.1

    fields.push(['Accept-Ranges', 'bytes'])
    if (modified !== undefined) fields.push(['Last-Modified', httpDate(modified)])
    if (coding !== 'identity') fields.push(['Content-Encoding', coding])
    const range = request.method === 'GET' ? field('range') : null // 14.2: no other method has ranges
    const ranges = range !== null && allowsRange(field('if-range'), file) ? byteRanges(range, file.size) : 'whole'
    if (ranges === 'unsatisfiable') return this.#refusal(416, [['Content-Range', `bytes */${file.size}`]]) // 15.5.17
    const [first, ...others] = ranges === 'whole' ? [] : ranges
    if (first === undefined) {
      fields.push(['Content-Type', resource.type])
      if (file.bytes) {
        file.ready = new Ready([...fields, ['Content-Length', String(file.size)]], file.bytes)
        return readyResponse(file.ready)
      }
      return this.#send(request, 200, fields, file, file.size === 0 ? [] : [{ first: 0, last: file.size - 1 }])
    }
    if (others.length === 0) {
      fields.push(['Content-Type', resource.type], ['Content-Range', contentRange(first, file.size)]) // 15.3.7.1
      return this.#send(request, 206, fields, file, [first])
    }
    const { type, parts, end } = multipartRanges([first, ...others], resource.type, file.size)
    fields.push(['Content-Type', type]) // 15.3.7.2: Content-Range is in the parts, and only there
    const pieces = parts.flatMap(({ head, range }) => [head, range])
    return this.#send(request, 206, fields, file, [...pieces, end])
  }

  #send(
    { method }: Request,
    status: number,
    headers: Fields,
    file: Representation,
    pieces: readonly (string | { first: number; last: number })[],
  ): Response | undefined {
    const length = pieces.reduce(
      (sum, piece) => sum + (typeof piece === 'string' ? piece.length : piece.last + 1 - piece.first),
      0,
    )
    headers.push(['Content-Length', String(length)])
    if (method === 'HEAD') return new Response(null, { status, headers })
    const { bytes } = file
    if (bytes) {
      const [only] = pieces
      const parts = pieces.map((piece) =>
        typeof piece === 'string' ? Buffer.from(piece, 'latin1') : bytes.subarray(piece.first, piece.last + 1),
      )
      const body = pieces.length === 1 && typeof only !== 'string' ? (parts[0] as Buffer) : Buffer.concat(parts)
      return new Response(body, { status, headers })
    }
    const open = openRepresentation(file)
    return open && new Response(new FileStream(open.fd, pieces), { status, headers })
  }

  #cacheControl(key: string): string {
    const { cacheControl = 'no-cache' } = this.#options
    return typeof cacheControl === 'string' ? cacheControl : cacheControl(decodeURIComponent(key))
  }

  /** To the folder's own address, without which what its page names would be looked for beside it. */
  #redirect({ target }: Request, asked: FilePath): Response {
    const query = target.indexOf('?')
    const location = urlPath({ ...asked, isFolder: true }) + (query === -1 ? '' : target.slice(query))
    const headers: Fields = [['Location', location], ['Cache-Control', 'no-cache'], ...this.#always]
    return new Response(`${location}\n`, { status: 301, headers: [...headers, TEXT] })
  }

  #list(relative: string): Response {
    const found = find(this.#folder, relative)
    if (!found?.stats.isDirectory()) return this.#refusal(404)
    const listing = readFolder(this.#folder, relative, found)
    if (!listing) return this.#refusal(404)
    const page = listingPage(relative, listing, this.#options.language ?? 'en')
    const headers: Fields = [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Cache-Control', 'no-cache'],
      ['Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'"],
      ...this.#always,
    ]
    return new Response(page, { headers })
  }

  #answerOther({ method, headers }: Request): Response {
    if (method !== 'OPTIONS') return this.#refusal(405, [['Allow', METHODS]]) // RFC 9110, 15.5.6: a must
    const fields: Fields = [['Allow', METHODS], ...this.#always]
    if (this.#options.cors && headers.has('access-control-request-method')) {
      fields.push(
        ['Access-Control-Allow-Methods', METHODS],
        ['Access-Control-Allow-Headers', headers.get('access-control-request-headers') ?? '*'],
        ['Access-Control-Max-Age', '86400'],
      )
    }
    return new Response(null, { status: 204, headers: fields })
  }

  #refusal(status: keyof typeof refusals, fields: Fields = []): Response {
    return new Response(`${status} ${refusals[status]}\n`, { status, headers: [...fields, ...this.#always, TEXT] })
  }
}

/** No condition, and no range: with those an answer has to be weighed. */
function asksForAll(headers: Headers): boolean {
  return !(
    headers.has('range') ||
    headers.has('if-none-match') ||
    headers.has('if-modified-since') ||
    headers.has('if-match') ||
    headers.has('if-unmodified-since')
  )
}

const TEXT: [string, string] = ['Content-Type', 'text/plain; charset=utf-8']

const refusals = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  412: 'Precondition Failed',
  416: 'Range Not Satisfiable',
} as const

/** The path of a target, without the query: of `/a?b`, and of `http://host/a?b`, which proxies get (RFC 9112, 3.2.2). */
function pathOf(target: string): string | undefined {
  const query = target.indexOf('?')
  const path = query === -1 ? target : target.slice(0, query)
  if (path.startsWith('/')) return path
  const [, after] = /^https?:\/\/[^/?#]*(.*)$/i.exec(path) ?? []
  return after === '' ? '/' : after
}
