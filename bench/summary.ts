import type { Sample } from './interleave.ts'

/** The middle of some figures, and how far they reach. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const median =
    sorted.length % 2 === 1
      ? (sorted[Math.floor(middle)] as number)
      : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
  return { median, low: sorted[0] as number, high: sorted.at(-1) as number }
}

/** One metric of one peer in one shape, over the rounds. */
export function spreadOf<Figures>(
  samples: readonly Sample<Figures>[],
  shape: string,
  peer: string,
  metric: (figures: Figures) => number,
): Spread {
  return spread(of(samples, shape, peer).map((sample) => metric(sample.figures)))
}

/** The same as a ratio, each round's figure to the yardstick's of that round. */
export function ratioOf<Figures>(
  samples: readonly Sample<Figures>[],
  shape: string,
  peer: string,
  yardstick: string,
  metric: (figures: Figures) => number,
): Spread {
  const base = new Map(of(samples, shape, yardstick).map((sample) => [sample.round, metric(sample.figures)]))
  const own = of(samples, shape, peer)
  return spread(own.map((sample) => metric(sample.figures) / (base.get(sample.round) as number)))
}

function of<Figures>(samples: readonly Sample<Figures>[], shape: string, peer: string): Sample<Figures>[] {
  return samples.filter((sample) => sample.shape === shape && sample.peer === peer)
}
