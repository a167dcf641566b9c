import { parseHttpDate } from './http-date.ts'

/** What tells one state of a file from another (RFC 9110, 8.8). */
export interface Validators {
  /** With its quotes, and `W/` before them when it is a weak one. */
  readonly etag: string
  /** Milliseconds since 1970; a date of HTTP knows whole seconds only. `undefined` when it is not to be relied on. */
  readonly modified: number | undefined
}

/** Gives the value of a field by its name in small letters, or `null`. */
export type Field = (name: string) => string | null

/** What the conditions of a request come to: carry on, `304 Not Modified`, or `412 Precondition Failed`. */
export type Verdict = 'proceed' | 304 | 412

/**
 * Weighs the conditions of a GET or HEAD, in the order of RFC 9110, 13.2.2. To be asked only when the answer without them
 * would be a 2xx (13.2.1).
 */
export function weigh(field: Field, validators: Validators): Verdict {
  const ifMatch = field('if-match')
  if (ifMatch !== null) {
    if (!anyMatches(ifMatch, validators.etag, 'strong')) return 412 // 13.1.1
  } else {
    const since = dateOf(field('if-unmodified-since'))
    if (since !== undefined && !isUnmodified(validators, since)) return 412 // 13.1.4
  }
  const ifNoneMatch = field('if-none-match')
  if (ifNoneMatch !== null) return anyMatches(ifNoneMatch, validators.etag, 'weak') ? 304 : 'proceed' // 13.1.2
  const since = dateOf(field('if-modified-since'))
  return since !== undefined && isUnmodified(validators, since) ? 304 : 'proceed' // 13.1.3
}

/**
 * Whether a Range is to be obeyed: there is no If-Range, or it names exactly this state (RFC 9110, 13.1.5). Parts of
 * two states must not be put together, so a weak tag does not do.
 */
export function allowsRange(ifRange: string | null, { etag, modified }: Validators): boolean {
  if (ifRange === null) return true
  if (ifRange.startsWith('"') || ifRange.startsWith('W/')) return isStrong(etag) && ifRange === etag
  if (!isStrong(etag)) return false // 8.8.2.2: within this second the file may have had another state
  const date = parseHttpDate(ifRange)
  return date !== undefined && modified !== undefined && date === seconds(modified)
}

function isUnmodified({ modified }: Validators, since: number): boolean {
  return modified !== undefined && seconds(modified) <= since
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

/** A date that is none is as if it were not there (RFC 9110, 13.1.3 and 13.1.4). */
function dateOf(value: string | null): number | undefined {
  return value === null ? undefined : parseHttpDate(value)
}

function isStrong(etag: string): boolean {
  return !etag.startsWith('W/')
}

/** One tag of a list, and what stands behind it (RFC 9110, 8.8.3); empty places in a list mean nothing (5.6.1). */
const nextTag = /[ \t,]*(?<tag>(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)/y

/** Whether a list of tags, or `*`, holds this one (RFC 9110, 8.8.3.2). A list that is none holds what can be read of it. */
function anyMatches(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list === '*') return true
  if (comparison === 'strong' && !isStrong(etag)) return false
  nextTag.lastIndex = 0
  for (let found = nextTag.exec(list); found; found = nextTag.exec(list)) {
    const tag = found.groups?.tag ?? ''
    if (comparison === 'strong' ? tag === etag : opaque(tag) === opaque(etag)) return true
  }
  return false
}

function opaque(etag: string): string {
  return isStrong(etag) ? etag : etag.slice(2)
}
