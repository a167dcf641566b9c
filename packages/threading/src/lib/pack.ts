import { revive, sharedOf } from './shared.ts'
import { ThreadError } from './thread-error.ts'

/*
 * What goes to another thread is cloned, which makes plain data of an object of any class. So shared objects are replaced by
 * their tickets on this side and made again on the other; all the rest is left to the clone.
 */

/** Marks what a shared object said of itself among plain objects: who would choose such a key? */
const SHARED_NAME = '\u0000fund.shared'

/**
 * Replaces the shared objects in a value by what they say of themselves, however deep in objects, arrays, maps and sets.
 *
 * @param what How the value is called where it cannot be copied.
 * @param modules Is told the modules to load where the value arrives.
 * @throws {ThreadError} `EINVAL` for a function.
 */
export function pack(value: unknown, what: string, modules?: Set<string>): unknown {
  return packed(value, what, new Map(), modules)
}

/** Makes the shared objects of a value that came from another thread again, in place, and gives it. */
export function unpack(value: unknown): unknown {
  return unpacked(value, new Set())
}

/** The own fields of an object, packed, or undefined when it has none. */
export function packFields(from: object, name: string, modules?: Set<string>): Record<string, unknown> | undefined {
  const entries = Object.entries(from).map(([key, value]) => [key, pack(value, `the field ${key} of ${name}`, modules)])
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** Gives an object the fields that were packed in another thread. */
export function setFields(object: object, fields: unknown): void {
  for (const [key, packed] of Object.entries(fields ?? {})) {
    setOwn(object, key, unpack(packed))
  }
}

/** An assignment that no setter sees: a field may be called `name`, or `__proto__`. */
function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

/** The error for what cannot be cloned. */
export function cannotCopy(what: string, error: unknown): ThreadError {
  if (error instanceof ThreadError) return error
  return new ThreadError('copy', { what, reason: error instanceof Error ? error.message : String(error) }, error)
}

function packed(value: unknown, what: string, seen: Map<object, unknown>, modules: Set<string> | undefined): unknown {
  if (typeof value === 'function') throw new ThreadError('copy', { what, reason: 'it is a function' })
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return seen.get(value)
  const inner = (part: unknown, where: string): unknown => packed(part, `${what}${where}`, seen, modules)
  const keep = <T extends object>(copy: T): T => {
    seen.set(value, copy) // before going deeper, since it may contain itself
    return copy
  }
  const shared = sharedOf(value)
  if (shared) {
    const { module, name, data } = shared
    if (module !== undefined) modules?.add(module)
    return keep({ [SHARED_NAME]: name, data })
  }
  if (Array.isArray(value)) {
    const copy = keep(new Array<unknown>(value.length))
    for (const [index, part] of value.entries()) copy[index] = inner(part, `[${index}]`)
    return copy
  }
  if (value instanceof Map) {
    const copy = keep(new Map<unknown, unknown>())
    for (const [key, part] of value) copy.set(inner(key, '.keys()'), inner(part, `.get(${String(key)})`))
    return copy
  }
  if (value instanceof Set) {
    const copy = keep(new Set<unknown>())
    for (const part of value) copy.add(inner(part, '.values()'))
    return copy
  }
  // An object of a class too: the clone would keep no more of it than its own fields.
  if (Object.prototype.toString.call(value) !== '[object Object]') return value
  const copy = keep({})
  for (const [key, part] of Object.entries(value)) setOwn(copy, key, inner(part, `.${key}`))
  return copy
}

function unpacked(value: unknown, seen: Set<object>): unknown {
  if (typeof value !== 'object' || value === null || seen.has(value)) return value
  if (isShared(value)) return revive(value[SHARED_NAME], value.data)
  seen.add(value)
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) value[index] = unpacked(part, seen)
  } else if (value instanceof Map) {
    const entries = [...value]
    value.clear()
    for (const [key, part] of entries) value.set(unpacked(key, seen), unpacked(part, seen))
  } else if (value instanceof Set) {
    const parts = [...value]
    value.clear()
    for (const part of parts) value.add(unpacked(part, seen))
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const [key, part] of Object.entries(value)) setOwn(value, key, unpacked(part, seen))
  }
  return value
}

function isShared(value: object): value is { readonly [SHARED_NAME]: string; readonly data: unknown } {
  return Object.hasOwn(value, SHARED_NAME)
}
