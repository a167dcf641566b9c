/** Something that can be kept, and takes memory. */
export interface Keepable {
  /** What it takes, in bytes; a value that has grown is to be set again. */
  readonly weight: number
}

/**
 * Values by their keys in bounded memory. When there is no more room, those go first that nobody asked for since the last
 * time room was needed, in the order they came ("second chance": nearly as good as least recently used, and asking
 * costs one look).
 */
export class FileCache<Value extends Keepable> {
  readonly #most: number
  readonly #entries = new Map<string, { value: Value; weight: number; isUsed: boolean }>()
  #weight = 0

  /** @param most What all values may weigh together, in bytes. */
  constructor(most: number) {
    this.#most = most
  }

  /** What all values weigh, in bytes. */
  get weight(): number {
    return this.#weight
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.isUsed = true
    return entry.value
  }

  /** Keeps a value, unless it alone would take more than half of the room. */
  set(key: string, value: Value): void {
    const { weight } = value
    this.delete(key)
    if (weight > this.#most / 2) return
    this.#entries.set(key, { value, weight, isUsed: false })
    this.#weight += weight
    if (this.#weight > this.#most) this.#makeRoom(key)
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#weight -= entry.weight
  }

  #makeRoom(newest: string): void {
    // An entry that was used goes to the end of the line, unused: at the second look it has to go.
    for (const [key, entry] of this.#entries) {
      if (this.#weight <= this.#most) return
      if (key === newest) continue
      if (!entry.isUsed) {
        this.delete(key)
        continue
      }
      entry.isUsed = false
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
  }
}
