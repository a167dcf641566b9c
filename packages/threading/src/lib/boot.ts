import type { MessagePort } from 'node:worker_threads'

/*
 * In this package node's modules come by process.getBuiltinModule, not by import, types aside: every thread loads all of it
 * before it begins, and making an ES module of a builtin costs more than parsing our code (2 ms of 4, measured).
 */

/** What a thread is told by the one that starts it. It lies in `workerData.fundThread`, where other packages find the name. */
export interface Boot {
  readonly name: string
  readonly daemon: boolean
  /** See life.ts. */
  readonly words: Int32Array
  /** The module of this package that enter() comes from. */
  readonly library: string
  readonly target: TargetPlace
  /** The arguments and the fields, packed, and the modules that know what is in them. */
  readonly args: unknown
  readonly fields: unknown
  readonly modules: readonly string[]
  /** What setEnvironmentData was called with in the thread that started it, since the keeper was there; then also in here. */
  readonly environment: Map<unknown, unknown>
  /** The way to the keeper. */
  readonly keeper: MessagePort
  /** Shared with the keeper; see keeper.ts. */
  readonly office: Int32Array
  /** Set in the thread once its target runs: the Thread. Until then its files are only being loaded. */
  self?: unknown
  /** Set in the thread: gives the fields that go back. */
  result?: () => unknown
  /** Set in the thread: called when it ends. */
  onEnd?: () => void
}

/** Where a thread finds what it has to run. */
export interface TargetPlace {
  readonly url: string
  readonly name: string
  /** The key that register() gave it. */
  readonly key?: string | undefined
  /** Whether it is a class that extends Thread. */
  readonly isClass: boolean
}

/** What this thread was told, or undefined in the main thread and in a worker that is no Thread. */
export const boot: Boot | undefined = readBoot()

/** The name of this thread; the main thread's is `main`. */
export function threadName(): string {
  return boot?.name ?? 'main'
}

function readBoot(): Boot | undefined {
  const { isMainThread, workerData } = process.getBuiltinModule('node:worker_threads')
  if (isMainThread) return undefined
  return (workerData as { fundThread?: Boot } | null | undefined)?.fundThread
}
