import type { ResourceLimits } from 'node:worker_threads'
import { boot, threadName } from './boot.ts'
import { deadlineAfter } from './deadline.ts'
import { enter } from './enter.ts'
import { Found, type Handle } from './found.ts'
import { ENDED, ID, isAlive, MAIN_ID, NEW, newLife, PHASE, untilPhase, waitForPhase } from './life.ts'
import { collect, type Outcome, startThread } from './office.ts'
import { pack, packFields, setFields } from './pack.ts'
import { share } from './shared.ts'
import { nextNameNumber, nextThreadId } from './shared-memory.ts'
import { placeOf, type Target } from './target-place.ts'
import { tell, tellEnd } from './telling.ts'
import { ThreadError } from './thread-error.ts'

const KIND = 'fund.Thread'
/**
 * A worker would reserve 512 MiB of address space for machine code (which counts under `ulimit -v`), and, allowed a heap
 * of more than 1 GiB, it takes 1.8 MiB more from its first moment.
 */
const LIMITS: ResourceLimits = { codeRangeSizeMb: 16, maxOldGenerationSizeMb: 1024 }

/** How a {@link Thread} is made. All of it can be left out. */
export interface ThreadOptions {
  /** What it is called: `Thread-1`, `Thread-2`, … when not said. */
  readonly name?: string | undefined
  /** Whether the process may end while it runs. When not said, as the thread that makes it: no, for the main thread. */
  readonly daemon?: boolean | undefined
  /**
   * The most memory it may use, in MiB, as for node's Worker; when not said, a heap of 1 GiB and 16 MiB of machine code. A
   * thread that goes beyond dies, alone.
   */
  readonly resourceLimits?: ResourceLimits | undefined
}

/** What a thread can run. A promise is awaited; what it gives is nobody's. */
export type ThreadTarget<Args extends readonly unknown[]> = (...args: Args) => unknown

/**
 * A thread: a piece of the program that runs beside the others, on a processor of its own if there is one.
 *
 * In two styles: `new Thread(work, 1, 2)` runs `work(1, 2)`, and a class that extends Thread runs its `run()`. Either way it
 * begins with `start()`, which may come much later, and ends when that function has returned (its promise has settled)
 * and nothing is left in its event loop.
 *
 * Each thread has variables of its own. It loads the file of its target again, from the top, so its module variables are
 * private to it, and what only the program does belongs under {@link isMain}. Arguments and fields are copied; what is
 * shared is Lock, Event, Queue, Barrier, SharedList, and other threads. The fields of an object whose class extends Thread are
 * copied into the thread by `start` and back by `join` (not those with `#`).
 *
 * The target is found by its name, so it has to be exported by the file it is written in, or told by {@link register}.
 *
 * An exception that nobody catches is printed on stderr, `Exception in thread Thread-1:` and its stack, and ends that thread
 * only; so does `process.exit`, in silence. The process ends when all threads that are not daemons have ended; when the
 * main thread calls `process.exit` or dies of an exception, at once.
 *
 * @example
 * ```ts
 * import { isMain, print, sleep, Thread } from '@fund/threading'
 *
 * export function counter(label: string, n: number) {
 *   for (let i = 1; i <= n; i++) {
 *     sleep(10)
 *     print(label, i)
 *   }
 * }
 *
 * export class Sum extends Thread {
 *   numbers = [1, 2, 3]
 *   total = 0
 *
 *   override run() {
 *     for (const n of this.numbers) this.total += n
 *   }
 * }
 *
 * if (isMain(import.meta.url)) {
 *   const a = new Thread(counter, 'A', 3).start()
 *   const sum = new Sum().start()
 *   a.join()
 *   sum.join()
 *   print(sum.total) // 6
 * }
 * ```
 */
export class Thread<Args extends readonly unknown[] = []> {
  readonly #target: Target | undefined
  readonly #args: readonly unknown[]
  readonly #words: Int32Array
  readonly #resourceLimits: ResourceLimits | undefined
  #name: string
  #daemon: boolean
  #outcome: Outcome | undefined

  static {
    share(
      KIND,
      Thread.prototype,
      (thread): Handle => thread.#handle,
      (handle): Thread => new Thread(new Found(handle) as ThreadOptions),
    )
    // Where bootstrap() goes on, in a thread. One that runs a class gets an object of it, made without its constructor.
    const home = globalThis as { [key: symbol]: unknown }
    home[Symbol.for('fund:threading enter')] = (load: (url: string) => Promise<unknown>) =>
      enter(load, (found, type) => Reflect.construct(Thread, [found], type ?? Thread) as Thread)
  }

  /**
   * Makes a thread that is not running yet.
   *
   * @param target The function it will run, with the arguments that follow. Classes that extend Thread override `run` instead.
   */
  constructor(options?: ThreadOptions)
  constructor(target: ThreadTarget<Args>, ...args: Args)
  constructor(options: ThreadOptions, target: ThreadTarget<Args>, ...args: Args)
  constructor(first?: ThreadOptions | ThreadTarget<Args>, ...rest: unknown[]) {
    if (first instanceof Found) {
      this.#target = first.target
      this.#args = first.args
      this.#words = first.handle.words
      this.#name = first.handle.name
      this.#daemon = first.handle.daemon
      return
    }
    const isTarget = typeof first === 'function'
    const [target, ...args] = isTarget ? [first, ...rest] : rest
    const options = isTarget ? {} : (first ?? {})
    if (target !== undefined && typeof target !== 'function') {
      throw new TypeError(`Cannot make a thread of a ${typeof target}: its target is a function`)
    }
    this.#target = target as Target | undefined
    this.#args = args
    this.#words = newLife(nextThreadId())
    this.#resourceLimits = options.resourceLimits
    this.#name = options.name ?? `Thread-${nextNameNumber()}`
    this.#daemon = options.daemon ?? boot?.daemon ?? false
  }

  /** What it is called. It can be changed until the thread is started. */
  get name(): string {
    return this.#name
  }

  set name(name: string) {
    this.#checkNew('name')
    this.#name = name
  }

  /** Whether the process may end while this thread runs. It can be changed until the thread is started. */
  get daemon(): boolean {
    return this.#daemon
  }

  set daemon(daemon: boolean) {
    this.#checkNew('daemon')
    this.#daemon = daemon
  }

  /** Whether it was started and has not ended. */
  get isAlive(): boolean {
    return isAlive(this.#words)
  }

  /**
   * What the thread does: by default it calls its target. A class that extends Thread overrides it. Calling it does not start a
   * thread: `start` does.
   */
  run(): void | Promise<void> {
    const target = this.#target // called without a `this`, as any function
    return target?.(...this.#args) as void | Promise<void>
  }

  /**
   * Starts the thread, and returns once the system has made it; what it runs begins some milliseconds later. Gives the thread.
   *
   * @throws {ThreadError} `EALREADY` when it was started before, `ENOENT` when its target has no name or no file that a thread
   * could load, `EINVAL` when an argument or a field cannot be copied, `EAGAIN` when the system has no room for it,
   * `EDEADLK` when this file is only being loaded by a thread. A target that turns out not to be exported is an exception in
   * the thread.
   */
  start(): this {
    const { name, daemon } = this
    if (Atomics.load(this.#words, PHASE) !== NEW) throw new ThreadError('started', { thread: name })
    if (boot && !boot.self) throw new ThreadError('loading', { thread: name })
    if (!import.meta.url) throw new ThreadError('noUrl', { target: '@fund/threading' })
    const isClass = this.run !== Thread.prototype.run
    const target = isClass ? (this.constructor as Target) : this.#target
    if (!target) throw new ThreadError('nothing', { thread: name })
    const modules = new Set<string>()
    this.#outcome = startThread(
      {
        name,
        daemon,
        words: this.#words,
        library: import.meta.url,
        target: { ...placeOf(target, name), isClass },
        args: this.#args.map((arg, index) => pack(arg, `argument ${index + 1} of ${name}`, modules)),
        fields: packFields(this, name, modules),
        modules: [...modules],
      },
      { ...LIMITS, ...this.#resourceLimits },
    )
    tell('thread-start', name)
    return this
  }

  /**
   * Stops this thread until the other has ended, in whatever way; its fields are back then. Gives true, or false when the
   * timeout in milliseconds passed first. Whoever knows the thread may join it, and more than once; the fields come back
   * where it was started.
   *
   * @throws {ThreadError} `ESRCH` when it was never started, `EDEADLK` when it is the thread that calls.
   */
  join(timeout?: number): boolean {
    const deadline = deadlineAfter(timeout)
    this.#checkJoin()
    if (this.isAlive) {
      tell('wait', threadName(), 'join')
      if (!waitForPhase(this.#words, ENDED, deadline)) return false
    }
    this.#takeFields()
    return true
  }

  /** The same as `join`, without stopping this thread: its event loop runs on, and stays alive until then. */
  async joinAsync(timeout?: number): Promise<boolean> {
    const deadline = deadlineAfter(timeout)
    this.#checkJoin()
    if (this.isAlive) {
      tell('wait', threadName(), 'join')
      if (!(await untilPhase(this.#words, ENDED, deadline))) return false
    }
    this.#takeFields()
    return true
  }

  get #handle(): Handle {
    if (Atomics.load(this.#words, PHASE) === NEW) throw new ThreadError('notStarted', { thread: this.#name })
    return { words: this.#words, name: this.#name, daemon: this.#daemon }
  }

  #checkNew(what: string): void {
    if (Atomics.load(this.#words, PHASE) !== NEW) throw new ThreadError('settled', { what, thread: this.#name })
  }

  #checkJoin(): void {
    const id = this.#words[ID]
    if (Atomics.load(this.#words, PHASE) === NEW) throw new ThreadError('notStarted', { thread: this.name })
    if (id === (boot?.words[ID] ?? MAIN_ID)) throw new ThreadError('self', { thread: this.name })
    if (id === MAIN_ID) throw new ThreadError('main')
  }

  #takeFields(): void {
    tellEnd(this.name, this.#words)
    if (!this.#outcome) return
    collect()
    const { fields } = this.#outcome
    delete this.#outcome.fields
    if (fields !== undefined) setFields(this, fields)
  }
}
