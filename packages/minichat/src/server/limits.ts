/** How much one client may take from the others. */
export interface Limits {
  /** The longest line, in bytes, its end not counted. A longer one is refused; four times as much without an end, and out. */
  readonly lineBytes: number
  /** So many lines at once, and then so many a second; who says more is not read for a while. */
  readonly flood: Flood | undefined
  /** Who has been held back for so long, without once having been quiet, has to go. */
  readonly floodPatienceMs: number
  /** How much may wait here for a client that does not read, beside what the system holds for it. */
  readonly queueBytes: number
  /** How long something may wait here for a client, even if it takes some of it. */
  readonly drainMs: number
  /** How many clients may be this far behind at once: for each the system holds some megabytes. The first one goes. */
  readonly behind: number
  /** With names, how long who comes may take to begin with its token; then it is given the history. */
  readonly firstWordsMs: number
  /** Connections from one address; those from this machine are not counted. */
  readonly perAddress: number
}

/** Lines at once, and lines a second. */
export interface Flood {
  readonly burst: number
  readonly perSecond: number
}

/** For people who know each other: what a class does to its own server passes. */
export const classroom: Limits = {
  lineBytes: 64 * 1024,
  flood: { burst: 500, perSecond: 100 },
  floodPatienceMs: 30_000,
  queueBytes: 256 * 1024,
  drainMs: 10_000,
  behind: 256,
  firstWordsMs: 300,
  perAddress: Number.POSITIVE_INFINITY,
}

/** For strangers (`--public`). */
export const strangers: Limits = {
  ...classroom,
  lineBytes: 512,
  flood: { burst: 5, perSecond: 2 },
  perAddress: 16,
}

/** Reads what stands behind `--flood`: `20,5` for a burst of 20 and then 5 a second, or `off`. Gives `undefined` for neither. */
export function readFlood(word: string): { readonly flood: Flood | undefined } | undefined {
  if (word === 'off') return { flood: undefined }
  const [, burst, perSecond] = /^(\d{1,6}),(\d{1,6}(?:\.\d{1,3})?)$/.exec(word) ?? []
  const flood = { burst: Number(burst), perSecond: Number(perSecond) }
  return flood.burst >= 1 && flood.perSecond > 0 ? { flood } : undefined
}
