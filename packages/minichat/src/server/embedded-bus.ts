import { randomBytes } from 'node:crypto'
import type { Bus, BusListener, BusState, Frame, Missed, Said } from './bus.ts'

/** How much a bus in this process remembers. */
const REMEMBERED_LINES = 1_000
const REMEMBERED_BYTES = 1 << 20

/**
 * The bus of a room that one server holds: gives each frame back within `publish`. It remembers the last 1000 lines or 1 MiB,
 * whichever is less, as long as the process lives.
 */
export class EmbeddedBus implements Bus {
  readonly origin = 'here'
  readonly state: BusState = 'whole'
  readonly isFull = false
  readonly others: ReadonlyMap<string, string> = new Map()
  readonly counters: Readonly<Record<string, number>> = {}
  readonly #secret = randomBytes(32)
  #listener: BusListener | undefined
  /** Frames in order: the one with number n lies at n - the number of the first. */
  #memory: Frame[] = []
  #next = 1
  #given = 0
  #lines = 0
  #bytes = 0

  get place(): string {
    return String(this.#given)
  }

  publish({ lines, count, notes = [] }: Said): void {
    const frame: Frame = { id: String(this.#next++), origin: this.origin, lines, count, notes }
    this.#remember(frame)
    if (this.#listener) this.#give(frame, this.#listener)
  }

  settled(): Promise<void> {
    return Promise.resolve()
  }

  drained(): Promise<void> {
    return Promise.resolve()
  }

  async history(lines: number): Promise<readonly Frame[]> {
    let start = this.#memory.length
    for (let found = 0; start > 0 && found < lines; ) found += this.#memory[--start]?.count ?? 0
    if (!this.#listener) this.#given = this.#next - 1
    return this.#memory.slice(start)
  }

  follow(listener: BusListener): void {
    for (const frame of this.#after(this.place).frames) this.#give(frame, listener)
    this.#listener = listener
  }

  async since(id: string, give: (missed: Missed) => void): Promise<void> {
    give(this.#after(id))
  }

  present(): void {
    // nobody else is there to know
  }

  async secret(): Promise<Buffer> {
    return this.#secret
  }

  async close(): Promise<number> {
    this.#listener = undefined
    return 0
  }

  #give(frame: Frame, listener: BusListener): void {
    this.#given = Number(frame.id)
    listener.onFrame(frame)
  }

  #after(id: string): Missed {
    const asked = /^\d{1,15}$/.test(id) ? Number(id) + 1 : Number.NaN
    if (!(asked <= this.#next)) return { frames: this.#memory.slice(), isWhole: false } // not an id of this life
    const first = this.#next - this.#memory.length
    return { frames: this.#memory.slice(Math.max(0, asked - first)), isWhole: asked >= first }
  }

  #remember(frame: Frame): void {
    this.#memory.push(frame)
    this.#lines += frame.count
    this.#bytes += frame.lines.length
    let drop = 0
    while (this.#lines > REMEMBERED_LINES || this.#bytes > REMEMBERED_BYTES) {
      const oldest = this.#memory[drop++]
      if (!oldest) break
      this.#lines -= oldest.count
      this.#bytes -= oldest.lines.length
    }
    if (drop > 0) this.#memory.splice(0, drop)
  }
}
