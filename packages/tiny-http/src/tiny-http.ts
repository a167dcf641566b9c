/*
 * Step 6: HTTP on plain sockets. Read `answer` first: a request comes, is read, and is answered; then what it calls, from
 * top to bottom. How an answer looks stands in response.ts, which files there are in files.ts.
 *
 * What this leaves out: a second request on the same connection, other methods, being strict (it does not miss a Host),
 * caches and ranges, handlers of your own (src/server).
 */
import { type Connection, type Listener, NetError } from '@fund/net-core'
import { openFile } from './files.ts'
import { Refusal, sendFile, sendRefusal, sendText } from './response.ts'

/** The longest head of a request, in bytes. */
const HEAD_BYTES = 16 * 1024

/** What a tiny-http server serves, and how long it waits. */
export interface TinyHttpOptions {
  /** The folder whose files it gives: where the program was started, when not said. */
  readonly folder?: string | undefined
  /** Milliseconds for a whole request to come, and for each piece of the answer to be taken; 10000 when not said. */
  readonly timeout?: number | undefined
}

/**
 * Serves the files of a folder until the listener closes: one request for each connection, and nobody waits for anybody.
 *
 * @example
 * ```ts
 * import { listen } from '@fund/net-core'
 * import { tinyHttp } from '@fund/tiny-http'
 *
 * const listener = await listen({ port: 0 })
 * const serving = tinyHttp(listener, { folder: 'starter' })
 *
 * const response = await fetch(`http://127.0.0.1:${listener.address.port}/tiny-http.ts`)
 * console.log(response.status, response.headers.get('content-type')) // 200 text/plain; charset=utf-8
 * await response.text()
 *
 * await listener.shutdown()
 * await serving
 * ```
 */
export async function tinyHttp(listener: Listener, options: TinyHttpOptions = {}): Promise<void> {
  const { folder = '.', timeout = 10_000 } = options
  await listener.serve((connection) => answer(connection, folder, timeout))
}

/** One request, one answer. `serve` closes the connection when this ends. */
async function answer(connection: Connection, folder: string, timeout: number): Promise<void> {
  let method = ''
  try {
    const head = await receiveHead(connection, timeout)
    if (head === null) return // it went away without a word
    const request = parseRequest(head)
    method = request.method
    if (method !== 'GET') throw new Refusal(405)
    const path = pathOf(request.target)
    await using file = await openFile(folder, path === '/' ? '/index.html' : path)
    if (file) await sendFile(connection, file, timeout)
    else if (path !== '/') throw new Refusal(404)
    else await sendText(connection, 'Este é o conteúdo do recurso "/" neste servidor.\n')
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    await sendRefusal(connection, error.status, method)
  }
}

/** Waits for a head: what comes before the first empty line. `null` when nothing comes at all. */
async function receiveHead(connection: Connection, timeout: number): Promise<string | null> {
  const deadline = performance.now() + timeout // for the whole of it: one byte now and then buys no time
  let head = ''
  while (true) {
    const left = deadline - performance.now()
    if (left <= 0) throw new Refusal(408)
    const chunk = await connection.recv(HEAD_BYTES, { timeout: left }).catch(refuseSlow)
    if (chunk === null && head === '') return null
    if (chunk === null) throw new Refusal(400) // it ends before the empty line
    head += Buffer.from(chunk).toString('latin1') // a character for each byte, so that none is ever cut in two
    head = head.replace(/^[\r\n]+/, '') // empty lines before a request mean nothing
    const end = head.search(/\r?\n\r?\n/)
    if ((end === -1 ? head.length : end) > HEAD_BYTES) throw new Refusal(431)
    if (end !== -1) return head.slice(0, end)
  }
}

function refuseSlow(error: unknown): never {
  throw error instanceof NetError && error.code === 'ETIMEDOUT' ? new Refusal(408) : error
}

/** The first lines of a request: `GET /a.txt HTTP/1.1`, then its fields (headers). */
export interface Request {
  readonly method: string
  readonly target: string
  readonly version: string
  /** By their names in small letters; one that came twice has both values, with a comma between them. */
  readonly fields: ReadonlyMap<string, string>
}

/**
 * Reads the head of a request, whose lines end in CRLF or in LF alone.
 *
 * @throws {Refusal} 400, when it is none.
 *
 * @example
 * ```ts
 * import { parseRequest } from '@fund/tiny-http'
 *
 * const { method, target, fields } = parseRequest('GET /a.txt HTTP/1.1\r\nHost: localhost:9090')
 * console.log(method, target, fields.get('host')) // GET /a.txt localhost:9090
 * ```
 */
export function parseRequest(head: string): Request {
  const [first = '', ...lines] = head.split(/\r?\n/)
  const [, method, target, version] = /^([\w!#$%&'*+.^`|~-]+) ([!-~]+) HTTP\/(1\.\d)$/.exec(first) ?? []
  if (!method || !target || !version) throw new Refusal(400)
  const fields = new Map<string, string>()
  for (const line of lines) {
    const [, name, value = ''] = /^([\w!#$%&'*+.^`|~-]+):(.*)$/.exec(line) ?? []
    if (!name || line.includes('\0')) throw new Refusal(400)
    const known = fields.get(name.toLowerCase())
    fields.set(name.toLowerCase(), known === undefined ? value.trim() : `${known}, ${value.trim()}`)
  }
  return { method, target, version, fields }
}

/** The path of `/com%20espaco.txt?a=1`, as a person writes it; also of the long form that a proxy gets, `http://…/a.txt`. */
function pathOf(target: string): string {
  try {
    const [, path] = /^(?:http:\/\/[^/?]+)?(\/[^?]*)/i.exec(target) ?? []
    if (path) return decodeURIComponent(path)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
  }
  throw new Refusal(400)
}
