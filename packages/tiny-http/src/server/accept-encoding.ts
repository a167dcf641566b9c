/** How a body may be packed, by the names of HTTP (RFC 9110, 8.4.1). `identity`: not at all. */
export type Coding = 'br' | 'gzip' | 'identity'

/**
 * Which of the codings there are a client wants most (RFC 9110, 12.5.3); between equals, the first. A client that says
 * nothing gets `identity`, as does one that refuses everything: 12.5.3 lets us, and bytes serve better than a 406.
 *
 * @param available In the order of our liking, without `identity`.
 */
export function chooseCoding(acceptEncoding: string | null, available: readonly Coding[]): Coding {
  if (acceptEncoding === null || available.length === 0) return 'identity'
  const weights = new Map<string, number>()
  for (const piece of acceptEncoding.split(',')) {
    const [name = '', ...parameters] = piece.split(';')
    const coding = name.trim().toLowerCase()
    if (coding !== '') weights.set(coding === 'x-gzip' ? 'gzip' : coding, weightOf(parameters))
  }
  const others = weights.get('*') ?? 0
  let best: Coding = 'identity'
  // Not named, identity is acceptable, and anything that is named is liked better.
  let most = weights.get('identity') ?? 0
  for (const coding of available) {
    const weight = weights.get(coding) ?? others
    if (weight > 0 && (weight > most || (weight === most && best === 'identity'))) {
      best = coding
      most = weight
    }
  }
  return best
}

/** The q of a list's member (RFC 9110, 12.4.2): 1 when not said, 0 when it cannot be read. */
function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [, q] = /^\s*q\s*=\s*(.*?)\s*$/i.exec(parameter) ?? []
    if (q === undefined) continue
    return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0
  }
  return 1
}
