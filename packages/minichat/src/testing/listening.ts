import { type Address, type Connection, connect, NetError } from '@fund/net-core'

/** A client that hears all the time, and keeps what it heard. */
export class Listening implements AsyncDisposable {
  /** Every line that came. */
  readonly lines: string[] = []
  readonly #connection: Connection
  #isOver = false

  static async at(address: Address): Promise<Listening> {
    return new Listening(await connect(address))
  }

  private constructor(connection: Connection) {
    this.#connection = connection
    void this.#hear()
  }

  /** Whether nothing more will come. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** What the room itself said. */
  get notices(): string[] {
    return this.lines.filter((line) => line.startsWith('* '))
  }

  /** What members said. */
  get talk(): string[] {
    return this.lines.filter((line) => !line.startsWith('* '))
  }

  /** The numbers that somebody said, `ana 1` and so on. */
  linesOf(name: string): number[] {
    return this.lines.filter((line) => line.startsWith(`${name} `)).map((line) => Number(line.slice(name.length + 1)))
  }

  hasHeard(text: string): boolean {
    return this.lines.some((line) => line.includes(text))
  }

  async says(line: string): Promise<void> {
    await this.#connection.sendAll(`${line}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.abort()
  }

  async #hear(): Promise<void> {
    try {
      for await (const line of this.#connection.lines({ maxBytes: 1 << 20 })) this.lines.push(line)
    } catch (error) {
      if (!(error instanceof NetError)) throw error
    }
    this.#isOver = true
  }
}
