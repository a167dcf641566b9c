/*
 * How an object gets from thread to thread, without the packages knowing each other: an object that lives in shared
 * memory has a method under `Symbol.for('fund.shared')` that says what to send, and the module that has its class puts
 * a function into the table under `Symbol.for('fund.revivers')` that makes the object again. decisions/011 has more.
 */

/** What an object in shared memory says of itself: plain data, to be sent to another thread. */
export interface Shared {
  /** Where the class is, for a thread that has not loaded it. */
  readonly module: string
  /** Under which name the class has its reviver in the table. */
  readonly name: string
  /** What the reviver is called with. */
  readonly data: unknown
}

/** How the objects of a class are taken apart and made again. */
export interface Sharing<T extends object, D> {
  readonly module: string
  readonly name: string
  take(object: T): D
  revive(data: D): T
}

type Revivers = Map<string, (data: never) => object>

/** Gives the objects of a class what they need to get to other threads. */
export function makeShareable<T extends object, D>(type: { prototype: T }, sharing: Sharing<T, D>): void {
  const { module, name, take, revive } = sharing
  Object.defineProperty(type.prototype, Symbol.for('fund.shared'), {
    value(this: T): Shared {
      return { module, name, data: take(this) }
    },
  })
  const place = globalThis as { [key: symbol]: Revivers | undefined }
  const key = Symbol.for('fund.revivers')
  place[key] ??= new Map()
  place[key].set(name, revive)
}
