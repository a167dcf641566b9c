import { type Address, type Connection, connect, formatAddress, type LineReader } from '@fund/net-core'

/** A client of a room, that says and hears lines. */
export class Client implements AsyncDisposable {
  readonly connection: Connection
  readonly #lines: LineReader

  constructor(connection: Connection) {
    this.connection = connection
    this.#lines = connection.lines({ maxBytes: 1 << 21 })
  }

  /** What a room without names calls it. */
  get name(): string {
    return formatAddress(this.connection.local)
  }

  async says(data: string | Uint8Array): Promise<void> {
    await this.connection.sendAll(data)
  }

  /** The next line, or, given one, waits until that one comes; `undefined` when there will be none. */
  async hears(wanted?: string): Promise<string | undefined> {
    while (true) {
      const { value, done } = await this.#lines.next()
      if (done || wanted === undefined || value === wanted) return value
    }
  }

  /** The next so many lines. */
  async hearsNext(count: number): Promise<(string | undefined)[]> {
    const lines: (string | undefined)[] = []
    for (let at = 0; at < count; at += 1) lines.push(await this.hears())
    return lines
  }

  /** All lines from here to the end. */
  async hearsRest(): Promise<string[]> {
    const lines: string[] = []
    for (let line = await this.hears(); line !== undefined; line = await this.hears()) lines.push(line)
    return lines
  }

  /** Says something, and hears it next: nothing came in between. */
  async hearsNothingElse(): Promise<string | undefined> {
    await this.says('is it quiet?\n')
    const line = await this.hears()
    return line === 'is it quiet?' ? undefined : line
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.abort()
  }
}

/** Connects, and waits until the room gives it its own first line back: from then on it is in. */
export async function join(address: Address): Promise<Client> {
  const client = new Client(await connect(address))
  await client.says(`here I am, ${client.name}\n`)
  await client.hears(`here I am, ${client.name}`)
  return client
}
