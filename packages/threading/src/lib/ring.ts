/** A circle of bytes that holds records, each four bytes of length and then its bytes. Whoever uses it holds a lock. */
export class Ring {
  readonly #bytes: Uint8Array
  readonly #words: Int32Array
  readonly #head: number
  readonly #tail: number

  /** `head` and `tail` are the places of two words in `words`; they count bytes up to the circle's length, and wrap. */
  constructor(bytes: Uint8Array, words: Int32Array, head: number, tail: number) {
    this.#bytes = bytes
    this.#words = words
    this.#head = head
    this.#tail = tail
  }

  /** How long the longest record can be. A byte stays unused, so that full does not look like empty. */
  get most(): number {
    return this.#bytes.length - 5
  }

  /** Puts a record in, if there is room. */
  push(record: Uint8Array): boolean {
    const { length } = this.#bytes
    const head = this.#words[this.#head] as number
    const tail = this.#words[this.#tail] as number
    const used = (tail - head + length) % length
    if (used + 4 + record.length >= length) return false
    const size = new Uint8Array(4)
    new DataView(size.buffer).setUint32(0, record.length)
    this.#words[this.#tail] = this.#copyIn(this.#copyIn(tail, size), record)
    return true
  }

  /** Takes the oldest record out. */
  shift(): Uint8Array | undefined {
    const head = this.#words[this.#head] as number
    if (head === this.#words[this.#tail]) return undefined
    const size = this.#copyOut(head, 4)
    const from = (head + 4) % this.#bytes.length
    const record = this.#copyOut(from, new DataView(size.buffer).getUint32(0))
    this.#words[this.#head] = (from + record.length) % this.#bytes.length
    return record
  }

  #copyIn(at: number, data: Uint8Array): number {
    const first = data.subarray(0, this.#bytes.length - at)
    this.#bytes.set(first, at)
    this.#bytes.set(data.subarray(first.length), 0)
    return (at + data.length) % this.#bytes.length
  }

  #copyOut(at: number, length: number): Uint8Array {
    const out = new Uint8Array(length)
    const first = this.#bytes.subarray(at, at + length)
    out.set(first)
    out.set(this.#bytes.subarray(0, length - first.length), first.length)
    return out
  }
}
