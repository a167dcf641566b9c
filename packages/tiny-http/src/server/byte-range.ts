/** Bytes of a file, both ends included: what `Content-Range` says. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** Ranges asked for at once; whoever wants more gets the whole (RFC 9110, 17.15: many small ranges are an attack). */
const MOST_ASKED = 128
/** Parts of an answer. */
const MOST_PARTS = 32
/** Ranges no further apart than a part's own head become one (RFC 9110, 15.3.7.2). */
const GAP_BYTES = 80

/**
 * The ranges that a request asks for (RFC 9110, 14.2), as they are to be sent: those that lie beyond the end are left
 * out, those that overlap or nearly touch are one. `whole` when the field is to be ignored: it is malformed, has another
 * unit, or asks for an unreasonable lot. `unsatisfiable` when nothing of what it asks for exists (416).
 *
 * @param size Of the file, in bytes.
 */
export function byteRanges(value: string, size: number): readonly ByteRange[] | 'whole' | 'unsatisfiable' {
  const [, list] = /^bytes[ \t]*=[ \t]*(.*)$/i.exec(value) ?? [] // 14.1: a unit's name has no case
  if (list === undefined) return 'whole'
  const ranges: ByteRange[] = []
  let asked = 0
  for (const piece of list.split(',', MOST_ASKED * 2)) {
    const spec = piece.trim()
    if (spec === '') continue // 5.6.1: empty places in a list mean nothing
    asked += 1
    const range = rangeOf(spec, size)
    if (range === 'malformed' || asked > MOST_ASKED) return 'whole'
    if (range) ranges.push(range)
  }
  if (asked === 0) return 'whole'
  if (ranges.length === 0) return 'unsatisfiable'
  // The last bytes of an empty file exist, and no Content-Range can say so.
  if (size === 0) return 'whole'
  const parts = coalesced(ranges)
  return parts.length > MOST_PARTS ? 'whole' : parts
}

/** `0-499`, `500-`, `-500` (RFC 9110, 14.1.2); `undefined` when there is nothing of it. */
function rangeOf(spec: string, size: number): ByteRange | undefined | 'malformed' {
  const [, from = '', to = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? []
  if (from === '' && to === '') return 'malformed'
  // Numbers of any length may be asked for; those that no longer count one by one are far beyond any end.
  if (from === '') {
    const length = Number(to)
    return length === 0 ? undefined : { first: Math.max(0, size - length), last: size - 1 }
  }
  const first = Number(from)
  const last = to === '' ? Number.POSITIVE_INFINITY : Number(to)
  if (last < first) return 'malformed'
  return first < size ? { first, last: Math.min(last, size - 1) } : undefined
}

/** In the order asked for; where some had to be put together, in the file's. */
function coalesced(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const sorted = ranges.toSorted((a, b) => a.first - b.first)
  const parts: ByteRange[] = []
  for (const range of sorted) {
    const before = parts.at(-1)
    if (before && range.first <= before.last + 1 + GAP_BYTES) {
      parts[parts.length - 1] = { first: before.first, last: Math.max(before.last, range.last) }
    } else {
      parts.push(range)
    }
  }
  return parts.length === ranges.length ? ranges : parts
}
