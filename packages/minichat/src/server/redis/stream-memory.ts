import type { BrokerLink, Reply } from './broker-link.ts'
import { type Entry, entryId, readEntry } from './stream-entry.ts'

/** Entries per question: even with the largest, a page is some MiB. */
const PAGE = 64
/** No look back goes further than this: nobody could be sent more. */
const BYTES = 1 << 20

/** What a look into the stream found. */
export interface Found {
  /** In order. */
  readonly entries: readonly Entry[]
  /** The id of the last entry, also if that is none of ours; undefined when there is none. */
  readonly last: string | undefined
  /** Whether it went as far as it was asked to, or as the stream reaches. */
  readonly isWhole: boolean
}

/** How far to look: back to behind an id, or for so many lines, or entries. */
export interface LookBack {
  readonly end?: string
  readonly behind?: string
  readonly lines?: number
  readonly entries?: number
}

/** Reads the stream backwards from `end`, and with it. At most 1 MiB and one entry more. */
export async function lookBack(
  link: BrokerLink,
  key: string,
  { end = '+', behind, lines = Number.POSITIVE_INFINITY, entries = Number.POSITIVE_INFINITY }: LookBack,
): Promise<Found> {
  const found: Entry[] = []
  const start = behind === undefined ? '-' : `(${behind}`
  let last: string | undefined
  let read = { lines: 0, bytes: 0, entries: 0 }
  const isEnough = (): boolean => read.lines >= lines || read.entries >= entries
  const isTooMuch = (): boolean => read.bytes >= BYTES
  for (let from = end; !isEnough(); ) {
    const page = listOf(await link.ask('XREVRANGE', key, from, start, 'COUNT', String(PAGE)))
    last ??= entryId(page[0] ?? null)
    for (const raw of page) {
      if (isEnough()) break
      if (isTooMuch()) return { entries: found.reverse(), last, isWhole: false }
      const entry = readEntry(raw)
      if (entry) found.push(entry)
      const { count, lines: bytes } = entry?.frame ?? { count: 0, lines: { length: 0 } }
      read = { lines: read.lines + count, bytes: read.bytes + bytes.length, entries: read.entries + 1 }
    }
    if (page.length < PAGE) break
    from = `(${entryId(page.at(-1) ?? null)}`
  }
  return { entries: found.reverse(), last, isWhole: true }
}

function listOf(reply: Reply): readonly Reply[] {
  return Array.isArray(reply) ? reply : []
}
