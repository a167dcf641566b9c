import { closeSync, fstatSync, readSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { Coding } from './accept-encoding.ts'
import type { Validators } from './conditional.ts'
import type { Keepable } from './file-cache.ts'
import { type Found, find, isSameState, type OpenFile, openFound, statOf } from './folder.ts'
import { mediaType } from './media-type.ts'
import type { Ready } from './ready.ts'
import { currentTurn } from './turn.ts'

/** Files up to this are kept in memory whole. */
const SMALL_BYTES = 1024 * 1024
/**
 * A file that changed less than this ago may change again without a trace: its time has not moved on by then. (Two seconds
 * are a tick of FAT, the slowest clock there is.) So it gets a weak tag (RFC 9110, 8.8.1) and is not kept.
 */
const SETTLED_MS = 2_000
/** How long it is believed that a file has, or has not, a packed one beside it. */
const SIBLINGS_MS = 1_000
/** What a resource takes beside the bytes of its file, roughly. */
const OWN_WEIGHT = 2_048

const siblings: readonly { readonly coding: Coding; readonly suffix: string }[] = [
  { coding: 'br', suffix: '.br' },
  { coding: 'gzip', suffix: '.gz' },
]

/** A file as it is sent: as it is, or the packed one beside it. */
export interface Representation extends Validators {
  readonly coding: Coding
  readonly found: Found
  readonly size: number
  /** All of it, of a small one; of a large one see {@link openRepresentation}. */
  readonly bytes: Buffer | undefined
  /** The answer to a request for all of it, once it was put together; who puts it here knows how. */
  ready?: Ready
}

/** What is behind a path of the server: a file, with the packed ones beside it. */
export class Resource implements Keepable {
  /** The media type, packed or not. */
  readonly type: string
  readonly #folder: string
  readonly #relative: string
  readonly #path: string
  readonly #found: Found
  readonly #representations = new Map<Coding, Representation>()
  #codings: readonly Coding[] = []
  #codingsUntil = 0
  #checked: number
  #turn = -1
  #isSettled = true
  weight: number = OWN_WEIGHT

  /** @param relative The path under `folder` by which a file was found. */
  constructor(folder: string, relative: string, found: Found, now: number) {
    this.type = mediaType(relative)
    this.#folder = folder
    this.#relative = relative
    this.#path = join(folder, relative) // not where it really is: links may be turned
    this.#found = found
    this.#checked = now
  }

  /** Whether it may be kept: nothing of it changed just now. */
  get isSettled(): boolean {
    return this.#isSettled && isSettled(this.#found.stats, this.#checked)
  }

  /**
   * Whether the file is what it was. One look is enough for all requests of a turn, which came before it; within `trustMs` of
   * the last look it is believed to be.
   */
  isCurrent(now: number, trustMs: number): boolean {
    if (now - this.#checked < trustMs) return true
    const turn = currentTurn()
    if (turn === this.#turn) return true
    this.#turn = turn
    const stats = statOf(this.#path)
    if (stats === undefined || !isSameState(stats, this.#found.stats)) return false
    this.#checked = now
    return true
  }

  /** The ways in which it can be had beside the plain one, the best first. */
  codings(now: number): readonly Coding[] {
    if (now < this.#codingsUntil) return this.#codings
    this.#codingsUntil = now + SIBLINGS_MS
    const codings = siblings.filter(({ suffix }) => this.#sibling(suffix) !== undefined).map(({ coding }) => coding)
    // What was put together before says by its Vary whether there is a choice.
    if (codings.length !== this.#codings.length) for (const one of this.#representations.values()) delete one.ready
    this.#codings = codings
    return codings
  }

  /** The file in one of its codings; `undefined` when it has gone meanwhile. */
  representation(coding: Coding, now: number): Representation | undefined {
    const kept = this.#representations.get(coding)
    if (kept && (coding === 'identity' || isSameState(kept.found.stats, statOf(kept.found.real) ?? none))) return kept
    const suffix = siblings.find((one) => one.coding === coding)?.suffix
    const found = suffix === undefined ? this.#found : this.#sibling(suffix)
    const loaded = found && load(found, coding, now)
    if (!loaded) return undefined
    this.#representations.set(coding, loaded)
    this.weight += 2 * ((loaded.bytes?.length ?? 0) - (kept?.bytes?.length ?? 0)) // once more in the answer put together
    this.#isSettled &&= isSettled(loaded.found.stats, now)
    return loaded
  }

  /** The packed file beside this one, unless it is older: then it was packed from another. */
  #sibling(suffix: string): Found | undefined {
    if (statOf(this.#path + suffix) === undefined) return undefined // the cheap question first: mostly there is none
    const found = find(this.#folder, this.#relative + suffix)
    // In whole seconds: packers that copy the time of the original forget its fractions.
    const isOlder = found && Math.floor(found.stats.mtimeMs / 1000) < Math.floor(this.#found.stats.mtimeMs / 1000)
    return found?.stats.isFile() && !isOlder ? found : undefined
  }
}

const none = {} as Stats

function isSettled({ mtimeMs }: Stats, now: number): boolean {
  return Math.abs(now - mtimeMs) > SETTLED_MS
}

/** Opens a large file again; `undefined` when it is no longer the one it was. */
export function openRepresentation({ found }: Representation): OpenFile | undefined {
  const file = openFound(found)
  if (!file || isSameState(file.stats, found.stats)) return file
  closeSync(file.fd)
  return undefined
}

function load(found: Found, coding: Coding, now: number): Representation | undefined {
  const file = openFound(found)
  if (!file) return undefined
  try {
    const bytes = file.stats.size <= SMALL_BYTES ? readAll(file) : undefined
    const stats = fstatSync(file.fd) // behind the read: had it changed meanwhile, it has changed just now
    const size = bytes?.length ?? stats.size
    return { coding, found: { ...found, stats }, size, bytes, ...validators(stats, size, coding, now) }
  } finally {
    closeSync(file.fd)
  }
}

/** As much as there was when it was opened, or as there still is. */
function readAll({ fd, stats }: OpenFile): Buffer {
  const bytes = Buffer.allocUnsafeSlow(stats.size)
  let length = 0
  while (length < bytes.length) {
    const count = readSync(fd, bytes, length, bytes.length - length, length)
    if (count === 0) break
    length += count
  }
  return bytes.subarray(0, length)
}

/**
 * Size and time of the last change make the tag, so that machines with copies of the same files have the same tags; a packed
 * file has another than the plain one (RFC 9110, 8.8.3.3). A time that is still to come is none (8.8.2.1).
 */
function validators(stats: Stats, size: number, coding: Coding, now: number): Validators {
  const tag = `"${size.toString(36)}-${Math.round(stats.mtimeMs * 1000).toString(36)}${coding === 'identity' ? '' : `-${coding}`}"`
  return {
    etag: isSettled(stats, now) ? tag : `W/${tag}`,
    modified: stats.mtimeMs > now ? undefined : stats.mtimeMs,
  }
}
