/** How much later than asked a timer may fire before it is our own process that stood still. */
const ASLEEP_MS = 1_000

/**
 * Waits for a promise, for so many milliseconds at most. A process that was stopped and goes on has not yet read what came
 * meanwhile: it waits once more before it judges.
 *
 * @throws what `late` makes when it takes longer.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout
    const watch = (): void => {
      const due = performance.now() + ms
      timer = setTimeout(() => (performance.now() - due > ASLEEP_MS ? watch() : reject(late())), ms)
    }
    watch()
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
