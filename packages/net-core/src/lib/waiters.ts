/** One call that waits, linked to the one that came after it. */
export interface Waiter {
  next?: this | undefined
  /** Takes the watches on its signal and its clock away, where it has any. */
  unwatch?: (() => void) | undefined
}

/**
 * Calls that wait, first come, first served. A linked list, since there is one for each of thousands of connections and
 * nearly always at most one call in it: no array is made, filled and emptied for every message.
 */
export class Waiters<W extends Waiter> {
  first: W | undefined
  #last: W | undefined

  push(waiter: W): void {
    if (this.first === undefined) this.first = waiter
    else (this.#last as W).next = waiter
    this.#last = waiter
  }

  /** Takes the first one out; it is the caller's to serve. */
  shift(): W | undefined {
    const waiter = this.first
    if (waiter === undefined) return undefined
    this.first = waiter.next as W | undefined
    if (this.first === undefined) this.#last = undefined
    waiter.unwatch?.()
    return waiter
  }

  /** Takes one out that gives up. */
  remove(waiter: W): void {
    const others: W[] = []
    for (let other = this.first; other; other = other.next as W | undefined) if (other !== waiter) others.push(other)
    this.first = undefined
    this.#last = undefined
    for (const other of others) {
      other.next = undefined
      this.push(other)
    }
  }
}
