import { listeners } from '../listener.ts'

/** What an interrupt has to stop: a listener of either face. */
export interface Stoppable {
  /** `active`: how many connections are under way. */
  readonly stats: { readonly active: number }
  /** Accepts no more, and gives what is under way so many ms. */
  shutdown(options: { readonly deadline: number }): Promise<unknown>
  /** Ends it all at once, also in the middle of a shutdown. */
  abort(): void
}

const others = new Set<Stoppable>()

/** All there is to stop just now. */
export function stoppables(): readonly Stoppable[] {
  return [...listeners(), ...others]
}

/** Has the next interrupt stop this, too, until the returned function is called. */
export function stopAtInterrupt(one: Stoppable): () => void {
  others.add(one)
  return () => others.delete(one)
}
