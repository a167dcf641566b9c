import { type Address, type Connection, connect, type Listener, listen } from '@fund/net-core'

/** A wire to a server that a test can cut, and mend. */
export class Relay implements AsyncDisposable {
  readonly #listener: Listener
  readonly #ends = new Set<Connection>()
  #isCut = false

  static async to(server: Address): Promise<Relay> {
    return new Relay(await listen({ port: 0 }), server)
  }

  private constructor(listener: Listener, server: Address) {
    this.#listener = listener
    void listener.serve(async (near) => {
      if (this.#isCut) return near.abort()
      const far = await connect(server)
      for (const end of [near, far]) this.#ends.add(end)
      await Promise.all([pour(near, far), pour(far, near)]).finally(() => far.abort())
    })
  }

  get port(): number {
    return this.#listener.address.port
  }

  /** Every connection breaks, and new ones break at once. */
  cut(): void {
    this.#isCut = true
    for (const end of this.#ends) end.abort()
    this.#ends.clear()
  }

  mend(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await this.#listener.shutdown({ deadline: 1_000 })
  }
}

async function pour(from: Connection, to: Connection): Promise<void> {
  for (let data = await from.recv(); data; data = await from.recv()) await to.sendAll(data)
  await to.closeWrite()
}
