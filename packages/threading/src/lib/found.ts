import type { Target } from './target-place.ts'

/** What another thread is told of one that runs. */
export interface Handle {
  readonly words: Int32Array
  readonly name: string
  readonly daemon: boolean
}

/** Takes the place of a Thread's arguments where one is not made but found: the one that is running, or another's. */
export class Found {
  readonly handle: Handle
  readonly target: Target | undefined
  readonly args: readonly unknown[]

  constructor(handle: Handle, target?: Target, args: readonly unknown[] = []) {
    this.handle = handle
    this.target = target
    this.args = args
  }
}
