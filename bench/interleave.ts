/** One peer measured once. */
export interface Sample<Figures> {
  readonly round: number
  readonly shape: string
  readonly peer: string
  readonly figures: Figures
}

/** What a bench compares: every peer in every shape, `rounds` times. */
export interface Plan<Shape, Peer, Figures> {
  readonly rounds: number
  readonly shapes: readonly Shape[]
  readonly peers: readonly Peer[]
  measure(peer: Peer, shape: Shape): Promise<Figures>
  onSample?(sample: Sample<Figures>, done: number, total: number): void
}

/**
 * Measures all peers in turn, and again, so that whatever the machine does meanwhile meets them all: within a round
 * the peers of one shape run right after each other, and each round begins with another peer. A figure is then judged
 * against the yardstick's of the same round.
 */
export async function interleave<Shape extends { name: string }, Peer extends { name: string }, Figures>(
  plan: Plan<Shape, Peer, Figures>,
): Promise<Sample<Figures>[]> {
  const samples: Sample<Figures>[] = []
  const total = plan.rounds * plan.shapes.length * plan.peers.length
  for (let round = 0; round < plan.rounds; round++) {
    for (const shape of plan.shapes) {
      for (const peer of rotated(plan.peers, round)) {
        const figures = await plan.measure(peer, shape)
        const sample = { round, shape: shape.name, peer: peer.name, figures }
        samples.push(sample)
        plan.onSample?.(sample, samples.length, total)
      }
    }
  }
  return samples
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = by % list.length
  return [...list.slice(from), ...list.slice(0, from)]
}
