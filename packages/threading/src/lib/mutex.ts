import { timeLeft } from './deadline.ts'

/*
 * A mutex in one word of shared memory, all zeros when new: 0 free, 1 held, 2 held and somebody may be waiting. Only a
 * release that finds 2 has to wake anybody, so an uncontended pair costs two atomic operations and no system call.
 */
const FREE = 0
const HELD = 1
const WANTED = 2

/** Takes it if it is free. */
export function tryMutex(words: Int32Array, at: number): boolean {
  return Atomics.compareExchange(words, at, FREE, HELD) === FREE
}

/** Takes it, waiting until `deadline` at most. False when it was not to be had. */
export function takeMutex(words: Int32Array, at: number, deadline: number = Number.POSITIVE_INFINITY): boolean {
  if (tryMutex(words, at)) return true
  // Whoever has waited must leave WANTED behind: others may be waiting still.
  while (Atomics.exchange(words, at, WANTED) !== FREE) {
    const left = timeLeft(deadline)
    if (left === 0) return false
    Atomics.wait(words, at, WANTED, left)
  }
  return true
}

/** Gives it back. False when nobody held it. */
export function giveMutex(words: Int32Array, at: number): boolean {
  const before = Atomics.exchange(words, at, FREE)
  if (before === WANTED) Atomics.notify(words, at, 1)
  return before !== FREE
}

/** Whether somebody holds it. */
export function isMutexHeld(words: Int32Array, at: number): boolean {
  return Atomics.load(words, at) !== FREE
}
