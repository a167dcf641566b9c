/**
 * A 200 that is given again and again, put together once: it is written as it is to a client of HTTP/1.1 whose connection
 * lives on. Only its Date changes, once a second.
 */
export class Ready {
  readonly fields: readonly (readonly [string, string])[]
  readonly body: Buffer
  readonly #head: string
  #date = ''
  #wire: Buffer = Buffer.alloc(0)

  /** @param fields Those of the answer, Content-Length among them. */
  constructor(fields: readonly (readonly [string, string])[], body: Buffer) {
    this.fields = fields
    this.body = body
    this.#head = `${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  }

  /**
   * The bytes of the whole answer, in memory that never changes.
   *
   * @param date The Date field, with its line end.
   */
  wire(date: string): Buffer {
    if (date !== this.#date) {
      this.#date = date
      this.#wire = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${date}${this.#head}`, 'latin1'), this.body])
    }
    return this.#wire
  }
}
