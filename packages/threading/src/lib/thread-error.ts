import { type Language, messages, say } from '../messages.ts'

/** The system's own word for each failure, borrowed from pthreads where they have one. */
const codes = {
  started: 'EALREADY',
  settled: 'EALREADY',
  loading: 'EDEADLK',
  nothing: 'EINVAL',
  nameless: 'ENOENT',
  homeless: 'ENOENT',
  oneFile: 'ENOENT',
  missing: 'ENOENT',
  noUrl: 'EINVAL',
  refused: 'EAGAIN',
  notStarted: 'ESRCH',
  self: 'EDEADLK',
  main: 'EDEADLK',
  private: 'EINVAL',
  copy: 'EINVAL',
  unknownKind: 'ENOENT',
  notHeld: 'EPERM',
  empty: 'ETIMEDOUT',
  full: 'ETIMEDOUT',
  closed: 'ESHUTDOWN',
  tooBig: 'EMSGSIZE',
  late: 'ETIMEDOUT',
  broken: 'ECANCELED',
  listFull: 'ENOSPC',
  otherSize: 'EEXIST',
  noMemory: 'ENOSPC',
} as const

/** What went wrong: the id of its sentence. */
export type ThreadErrorId = keyof typeof codes

/** What a {@link ThreadError} can say in its `code`. */
export type ThreadErrorCode = (typeof codes)[ThreadErrorId]

/**
 * A failure of this package, in words. Match on `code`, never on the text.
 *
 * - `code`: the word of pthreads or of the system: `EALREADY` (started before), `ESRCH` (never started), `EDEADLK` (would
 *   wait for itself), `ENOENT` (the target cannot be found in a thread), `EAGAIN` (no room for one more thread), `EPERM`
 *   (nobody holds the lock), `ETIMEDOUT`, `ESHUTDOWN` (the queue is closed), `ECANCELED` (the barrier is broken), `EMSGSIZE`
 *   and `ENOSPC` (too much), `EEXIST` (the name is taken by another size), `EINVAL` (cannot be copied, nothing to run)
 * - `message`: `Cannot <verb> <thing>: <reason> (<code>)`, and then the mend
 * - `hint`: the mend alone, or an empty string
 * - `cause`: the original error, where there is one
 *
 * @example
 * ```ts
 * import { Queue, ThreadError } from '@fund/threading'
 *
 * const queue = new Queue<string>()
 * try {
 *   queue.get(10)
 * } catch (error) {
 *   if (!(error instanceof ThreadError) || error.code !== 'ETIMEDOUT') throw error
 *   console.log(error.message) // Cannot get from the queue: nothing came in 10 ms (ETIMEDOUT)
 * }
 * ```
 */
export class ThreadError extends Error {
  override readonly name = 'ThreadError'
  readonly code: ThreadErrorCode
  readonly #id: ThreadErrorId
  readonly #values: Readonly<Record<string, string | number>>

  constructor(id: ThreadErrorId, values: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    super(sentence(id, values, 'en'), cause === undefined ? undefined : { cause })
    this.code = codes[id]
    this.#id = id
    this.#values = values
  }

  /** What to do about it, or an empty string. */
  get hint(): string {
    return mend(this.#id, this.#values, 'en')
  }

  /** The message in one of the languages of this project. */
  in(language: Language): string {
    return sentence(this.#id, this.#values, language)
  }
}

function sentence(id: ThreadErrorId, values: Readonly<Record<string, string | number>>, language: Language): string {
  const hint = mend(id, values, language)
  return `${say(messages()[id], language, values)} (${codes[id]})${hint && `. ${hint}`}`
}

function mend(id: ThreadErrorId, values: Readonly<Record<string, string | number>>, language: Language): string {
  const hint = messages()[`hint.${id}`]
  return hint ? say(hint, language, values) : ''
}
