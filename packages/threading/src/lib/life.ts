import { timeLeft } from './deadline.ts'

/*
 * The life of a thread in a few words of shared memory. Whoever knows the thread can wait on them, without an event loop.
 */

/** Where the words are. */
export const PHASE = 0
export const ID = 1
/** 1 once its end was told on the channel. */
export const END_TOLD = 2
const WORDS = 3

/** What ID says of the main thread. */
export const MAIN_ID = 0

// What PHASE says.
export const NEW = 0
/** The keeper has been asked to start it. */
export const STARTING = 1
export const ALIVE = 2
/** From here on join returns. */
export const ENDED = 3
/** The system had no room for it. */
export const REFUSED = 4

/** The words of a thread that is not started. */
export function newLife(id: number): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(WORDS * 4))
  words[ID] = id
  return words
}

/** Whether it has been started and has not ended. */
export function isAlive(words: Int32Array): boolean {
  const phase = Atomics.load(words, PHASE)
  return phase === STARTING || phase === ALIVE
}

/** Stops this thread until the other has reached `phase`. False when the deadline came first. */
export function waitForPhase(words: Int32Array, phase: number, deadline: number): boolean {
  for (let now = Atomics.load(words, PHASE); now < phase; now = Atomics.load(words, PHASE)) {
    const left = timeLeft(deadline)
    if (left === 0) return false
    Atomics.wait(words, PHASE, now, left)
  }
  return true
}

/** The same without stopping this thread: its event loop runs on, and stays alive for it. */
export async function untilPhase(words: Int32Array, phase: number, deadline: number): Promise<boolean> {
  const alive = setInterval(Boolean, 2 ** 30) // waitAsync alone keeps no event loop alive
  try {
    for (let now = Atomics.load(words, PHASE); now < phase; now = Atomics.load(words, PHASE)) {
      const left = timeLeft(deadline)
      if (left === 0) return false
      await Atomics.waitAsync(words, PHASE, now, left).value
    }
    return true
  } finally {
    clearInterval(alive)
  }
}
