import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { standard } from './standard.ts'

/** What a message can carry. `null` is no body at all. */
export type BodyInit =
  | string
  | Uint8Array
  | ArrayBuffer
  | ReadableStream<Uint8Array>
  | globalThis.ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Blob
  | URLSearchParams
  | FormData
  | null

/** A body as it is kept: text and bytes as they were given, anything longer as a stream. */
export type Content = string | Uint8Array | AsyncIterable<Uint8Array> | null

// What the server may do with a body, and nobody else: the class fills these in.

/** Takes what a body holds, to send it. @throws {TypeError} when somebody has read it already. */
export let takeContent: (body: Body) => Content

/**
 * What the standard calls the Body mixin: the ways to read what a request or response carries, each of which can be had
 * once. Text and bytes stay what they are; a stream is made of them only when `body` is asked for.
 */
export class Body {
  #content: Content
  #isUsed = false

  constructor(content: Content) {
    this.#content = content
  }

  /** The content type that a multipart or urlencoded body has to be read by. */
  protected get contentType(): string {
    return ''
  }

  get body(): ReadableStream<Uint8Array> | null {
    const content = this.#content
    if (content === null || content instanceof ReadableStream) return content
    const stream = streamOf(content)
    this.#content = stream
    if (this.#isUsed) void stream.cancel()
    return stream
  }

  get bodyUsed(): boolean {
    const content = this.#content
    return this.#isUsed || (content instanceof ReadableStream && Readable.isDisturbed(content as never))
  }

  async text(): Promise<string> {
    const content = takeContent(this)
    if (typeof content === 'string') return content
    return new TextDecoder().decode(await collect(content))
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return collect(takeContent(this))
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.contentType })
  }

  async formData(): Promise<FormData> {
    const headers = { 'Content-Type': this.contentType }
    return (await new (standard().Response)(await this.bytes(), { headers }).formData()) as FormData
  }

  /** A second body with the same content, for `clone`. @throws {TypeError} when it was read already. */
  protected fork(): Content {
    if (this.bodyUsed) throw new TypeError('Cannot clone: the body has been read already')
    if (this.#content === null || typeof this.#content === 'string' || this.#content instanceof Uint8Array) {
      return this.#content
    }
    const [ours, theirs] = (this.body as ReadableStream<Uint8Array>).tee()
    this.#content = ours
    return theirs
  }

  static {
    takeContent = (body) => {
      const content = body.#content
      if (content === null) return null
      if (body.bodyUsed || (content instanceof ReadableStream && content.locked)) {
        throw new TypeError('Cannot read the body: it has been read already')
      }
      body.#isUsed = true
      return content
    }
  }
}

/** How a body that is neither text nor nothing is kept, and what comes with its kind. */
export function kindOf(body: Exclude<BodyInit, string | null>): { content: Content; type: string; length: number } {
  if (body instanceof Uint8Array) return { content: body, type: '', length: -1 }
  if (body instanceof ArrayBuffer) return { content: new Uint8Array(body), type: '', length: -1 }
  if (ArrayBuffer.isView(body)) {
    const { buffer, byteOffset, byteLength } = body as ArrayBufferView
    return { content: new Uint8Array(buffer, byteOffset, byteLength), type: '', length: -1 }
  }
  if (body instanceof URLSearchParams) {
    return { content: `${body}`, type: 'application/x-www-form-urlencoded;charset=UTF-8', length: -1 }
  }
  if (body instanceof Blob) return { content: body.stream() as Content, type: body.type, length: body.size }
  if (typeof (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator] === 'function') {
    return { content: body as AsyncIterable<Uint8Array>, type: '', length: -1 }
  }
  if (body instanceof FormData) {
    const whole = new (standard().Response)(body) // it knows how to write the parts
    return {
      content: partsOf(whole.body as ReadableStream<Uint8Array>),
      type: whole.headers.get('content-type') ?? '',
      length: -1,
    }
  }
  return { content: `${body}`, type: 'text/plain;charset=UTF-8', length: -1 } // as the standard does
}

/**
 * The bytes of a form, from the platform's own stream of them. That one fails when it is cancelled, in a promise that nobody
 * has: so it is left as it is where its reader stops, and only memory lies behind it.
 */
export async function* partsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader()
  for (let one = await reader.read(); !one.done; one = await reader.read()) yield one.value
}

function streamOf(content: string | Uint8Array | AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    return new ReadableStream(
      {
        pull(controller) {
          const bytes = typeof content === 'string' ? Buffer.from(content) : content
          if (bytes.length > 0) controller.enqueue(bytes)
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }
  const chunks = content[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel(reason) {
        await chunks.return?.(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** All bytes of a body in memory. */
async function collect(content: Content): Promise<Uint8Array<ArrayBuffer>> {
  if (content === null) return new Uint8Array()
  if (typeof content === 'string') return new TextEncoder().encode(content)
  if (content instanceof Uint8Array) return new Uint8Array(content)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of content) {
    chunks.push(chunk)
    length += chunk.length
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
