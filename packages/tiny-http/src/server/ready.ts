/** Up to this an answer is one string, which goes out together with those before and behind it. */
const STRING_BYTES = 16 * 1024

/**
 * A 200 that is given again and again, put together once: it is written as it is to a client of HTTP/1.1 whose connection
 * lives on. Only its Date changes, once a second.
 */
export class Ready {
  readonly fields: readonly (readonly [string, string])[]
  readonly body: Buffer
  readonly #head: string
  #date = ''
  #wire: string | Buffer = ''

  /** @param fields Those of the answer, Content-Length among them. */
  constructor(fields: readonly (readonly [string, string])[], body: Buffer) {
    this.fields = fields
    this.body = body
    this.#head = `${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  }

  /**
   * The bytes of the whole answer: a latin1 string of a short one, the same memory until the date changes of a long one.
   *
   * @param date The Date field, with its line end.
   */
  wire(date: string): string | Buffer {
    if (date === this.#date) return this.#wire
    const head = `HTTP/1.1 200 OK\r\n${date}${this.#head}`
    this.#date = date
    const isShort = this.body.length <= STRING_BYTES
    this.#wire = isShort ? head + this.body.toString('latin1') : Buffer.concat([Buffer.from(head, 'latin1'), this.body])
    return this.#wire
  }
}
