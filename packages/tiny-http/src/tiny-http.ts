/*
 * Step 6: HTTP on plain sockets, in one file. Read `answer` first: a request comes, is read, and is answered. Then what it
 * calls, from top to bottom.
 *
 * What this leaves out: a second request on the same connection, methods other than GET and what comes in their bodies, being
 * strict (it does not miss a Host), caches and ranges, files too long for memory, handlers of your own. All that is in src/server.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { type Connection, type Listener, NetError } from '@fund/net-core'

/** The longest head of a request. */
const HEAD_BYTES = 16 * 1024

/** What a tiny-http server serves, and how long it waits. */
export interface TinyHttpOptions {
  /** The folder whose files it gives: where the program was started, when not said. */
  readonly folder?: string | undefined
  /** Milliseconds for the request to come, and for the answer to be taken; 10000 when not said. */
  readonly timeout?: number | undefined
}

/**
 * A request, taken apart: `GET /a.txt HTTP/1.1`, then its fields (headers), an empty line, and a body, mostly none. The fields
 * are found by their names in small letters; one that came twice has both values, with a comma between them.
 */
export type Request = Record<'method' | 'target' | 'version' | 'body', string> & { fields: Map<string, string> }

/** A request that gets another answer than it asked for: `404 Not Found`. */
class Refusal extends Error {}

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
  await listener.serve((connection) => answer(connection, options))
}

/** One request, one answer. `serve` closes the connection when this ends. */
async function answer(connection: Connection, { folder = '.', timeout = 10_000 }: TinyHttpOptions): Promise<void> {
  let message = ''
  async function send(status: string, type: string, body: Uint8Array): Promise<void> {
    const fields = [`Content-Type: ${type}`, `Content-Length: ${body.length}`, 'Connection: close']
    if (status.startsWith('405')) fields.push('Allow: GET')
    await connection.sendAll(`HTTP/1.1 ${status}\r\n${fields.join('\r\n')}\r\n\r\n`)
    if (!message.startsWith('HEAD ')) await connection.sendAll(body, { timeout }) // the answer to HEAD has no body
  }
  try {
    message = await receive(connection, timeout)
    if (message === '') return // it went away without a word
    const { method, target } = parseRequest(message)
    if (method !== 'GET') throw new Refusal('405 Method Not Allowed')
    // The path of `/com%20espaco.txt?a=1`, also in the long form that a proxy gets, `http://…`. None is as wrong as %zz is.
    const [, path = '%'] = /^(?:http:\/\/[^/?]+)?(\/[^?]*)/i.exec(target) ?? []
    const name = decodeURIComponent(path === '/' ? '/index.html' : path)
    const file = await load(folder, name)
    if (!file && path !== '/') throw new Refusal('404 Not Found')
    await send('200 OK', typeOf(name), file ?? Buffer.from('Este é o conteúdo do recurso "/" neste servidor.\n'))
  } catch (error) {
    const status = statusOf(error)
    await send(status, typeOf('.txt'), Buffer.from(`${status}\n`))
  }
}

/** What is answered when something went wrong; what is no fault of the client is thrown on. */
function statusOf(error: unknown): string {
  if (error instanceof Refusal) return error.message
  if (error instanceof URIError) return '400 Bad Request' // an escape that stands for no character
  if (error instanceof NetError && error.code === 'ECANCELED') return '408 Request Timeout'
  throw error
}

/** Waits until a head has come: what stands before the first empty line. Gives '' when the client leaves without a word. */
async function receive(connection: Connection, timeout: number): Promise<string> {
  const signal = AbortSignal.timeout(timeout) // for the whole of it: one byte now and then buys no time
  for (let message = ''; ; ) {
    const chunk = await connection.recv(HEAD_BYTES, { signal })
    if (chunk === null && message !== '') throw new Refusal('400 Bad Request') // it ends before the empty line
    if (chunk === null) return ''
    // A character for each byte, so that none is ever cut in two. Empty lines before a request mean nothing.
    message = (message + Buffer.from(chunk).toString('latin1')).replace(/^[\r\n]+/, '')
    const end = message.search(/\r?\n\r?\n/)
    if ((end === -1 ? message.length : end) > HEAD_BYTES) throw new Refusal('431 Request Header Fields Too Large')
    if (end !== -1) return message
  }
}

/**
 * Takes a request apart, whose lines end in CRLF or in LF alone.
 *
 * @throws {Error} `400 Bad Request`, when it is none.
 *
 * @example
 * ```ts
 * import { parseRequest } from '@fund/tiny-http'
 *
 * const { method, target, fields, body } = parseRequest('GET /a.txt HTTP/1.1\r\nHost: localhost:9090\r\n\r\n')
 * console.log(method, target, fields.get('host'), body.length) // GET /a.txt localhost:9090 0
 * ```
 */
export function parseRequest(message: string): Request {
  const [head = '', body = ''] = message.split(/\r?\n\r?\n(.*)/s)
  const [first = '', ...lines] = head.split(/\r?\n/)
  const [, method, target, version] = /^([\w!#$%&'*+.^`|~-]+) ([!-~]+) HTTP\/(1\.\d)$/.exec(first) ?? []
  const fields = new Map<string, string>()
  for (const line of lines) {
    const [, name, value = ''] = /^([\w!#$%&'*+.^`|~-]+):([^\0\r]*)$/.exec(line) ?? []
    if (!name) throw new Refusal('400 Bad Request')
    const before = fields.get(name.toLowerCase())
    fields.set(name.toLowerCase(), before === undefined ? value.trim() : `${before}, ${value.trim()}`)
  }
  if (!method || !target || !version) throw new Refusal('400 Bad Request')
  return { method, target, version, fields, body }
}

/** What a file of the folder holds; `undefined` when there is none, or when it is hidden, outside, or no file (a pipe). */
async function load(folder: string, path: string): Promise<Uint8Array | undefined> {
  const real = await realpath(join(folder, path)).catch(() => folder) // where it is, when all links are followed
  const inside = relative(await realpath(folder), real)
  const isHidden = /[\\\0]|\/\./.test(path) || /(^|[\\/])\./.test(inside) || isAbsolute(inside) // `.git`, and `..` leads out
  return isHidden || !(await stat(real)).isFile() ? undefined : readFile(real).catch(() => undefined)
}

/** What a file is, as far as the end of its name tells. */
function typeOf(name: string): string {
  const kinds: Record<string, string> = { html: 'html', css: 'css', js: 'javascript', txt: 'plain' }
  const kind = kinds[name.replace(/^.*\./s, '').toLowerCase()]
  return kind ? `text/${kind}; charset=utf-8` : 'application/octet-stream'
}
