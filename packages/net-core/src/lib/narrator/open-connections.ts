import type { NetEvent } from '../events.ts'

/** Which connections are open, as far as the events tell. */
export class OpenConnections {
  readonly #open = new Set<number>()
  #highest = 0

  get count(): number {
    return this.#open.size
  }

  has(conn: number): boolean {
    return this.#open.has(conn)
  }

  see({ conn, op }: NetEvent): void {
    if (conn === 0) return
    // What a connection had received can be read after its close: only a number never seen before opens one unasked.
    if (op === 'accept' || op === 'connect' || conn > this.#highest) this.#open.add(conn)
    if (op === 'close') this.#open.delete(conn)
    this.#highest = Math.max(this.#highest, conn)
  }
}
