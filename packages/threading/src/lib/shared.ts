import { openMemory, type SharedMemory } from './shared-memory.ts'
import { ThreadError } from './thread-error.ts'

/*
 * How an object gets to another thread and stays the same thing there, without packages having to know each other: it has a
 * method under `Symbol.for('fund.shared')` that says what to send, and the module that has its class puts a function into
 * the table under `Symbol.for('fund.revivers')` that makes the object again. @fund/net-core does so for its sockets.
 */

const SHARED = Symbol.for('fund.shared')

/** What an object in shared memory says of itself: plain data, to be sent to another thread. */
export interface Shared {
  /** Where the class is, for a thread that has not loaded it. The classes of this package are in every thread. */
  readonly module?: string | undefined
  /** Under which name the class has its reviver in the table. */
  readonly name: string
  /** What the reviver is called with. */
  readonly data: unknown
}

type Revivers = Map<string, (data: never) => unknown>

/**
 * Makes the objects of a class the same thing in every thread: `say` gives the data to be sent, `revive` makes an object of it.
 */
export function share<T extends object, D>(
  name: string,
  prototype: T,
  say: (object: T) => D,
  revive: (data: D) => T,
): void {
  revivers().set(name, revive)
  Object.defineProperty(prototype, SHARED, {
    value(this: T): Shared {
      return { name, data: say(this) }
    },
  })
}

/** Makes the object of a {@link Shared} that has come from another thread. */
export function revive(name: string, data: unknown): unknown {
  const make = revivers().get(name)
  if (!make) throw new ThreadError('unknownKind', { kind: name })
  return make(data as never)
}

/** What an object says of itself, or undefined when it is not shared but copied. */
export function sharedOf(object: object): Shared | undefined {
  const say = (object as { [key: symbol]: unknown })[SHARED]
  return typeof say === 'function' ? (say.call(object) as Shared) : undefined
}

/** What to send of an object over shared memory: its name if it has one, else the memory itself. */
export function placeToSend(memory: SharedMemory): string {
  return (memory.name ?? memory) as string // its constructor is declared to take a name, and takes either
}

/** The memory a constructor is given: new, or found by a name, or, from a reviver, the memory itself. */
export function memoryFor(
  kind: string,
  place: string | SharedMemory | undefined,
  bytes: number,
  init?: (memory: SharedMemory) => void,
): SharedMemory {
  return typeof place === 'object' ? place : openMemory(kind, place, bytes, init)
}

function revivers(): Revivers {
  const home = globalThis as { [key: symbol]: unknown }
  const key = Symbol.for('fund.revivers')
  home[key] ??= new Map()
  return home[key] as Revivers
}
