import { type Dir, type Dirent, opendirSync } from 'node:fs'
import { join } from 'node:path'
import type { Language } from '@fund/net-core/program'
import { messages } from '../messages.ts'
import { filePath, urlPath } from './file-path.ts'
import { type Found, find, isAbsence, statOf } from './folder.ts'
import { sizeInWords } from './size-in-words.ts'

/** Names that are looked at, and shown: nobody reads a list of a million, and everybody would wait for it. */
const MOST_NAMES = 5_000

/** One name in a folder. */
interface Entry {
  readonly name: string
  readonly isFolder: boolean
  /** In bytes; of a file. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified: number
}

/** What a folder holds, folders first, as far as it is given away. */
export interface Listing {
  readonly entries: readonly Entry[]
  /** There was more than is shown. */
  readonly isCut: boolean
}

/**
 * Reads a folder that {@link find} found; `undefined` when it has gone, or may not be read.
 *
 * @param relative Its path under `folder`, by which it was found.
 */
export function readFolder(folder: string, relative: string, { real }: Found): Listing | undefined {
  const entries: Entry[] = []
  let count = 0
  let directory: Dir
  try {
    directory = opendirSync(real)
  } catch (error) {
    if (!isAbsence(error)) throw error
    return undefined
  }
  try {
    for (let one = directory.readSync(); one && count <= MOST_NAMES; one = directory.readSync(), count += 1) {
      const entry = count < MOST_NAMES ? entryOf(folder, relative, real, one) : undefined
      if (entry) entries.push(entry)
    }
  } finally {
    directory.closeSync()
  }
  entries.sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || collator.compare(a.name, b.name))
  return { entries, isCut: count > MOST_NAMES }
}

const collator = new Intl.Collator(undefined, { numeric: true })

function entryOf(folder: string, relative: string, real: string, entry: Dirent): Entry | undefined {
  const { name } = entry
  const path = relative === '' ? name : `${relative}/${name}`
  if (/[\ud800-\udfff\ufffd]/u.test(name)) return undefined // no UTF-8: no address leads to it
  if (filePath(urlPath({ relative: path, isFolder: false })) === undefined) return undefined
  // Only a link may lead out.
  const stats = entry.isSymbolicLink() ? find(folder, path)?.stats : statOf(join(real, name))
  if (!stats?.isFile() && !stats?.isDirectory()) return undefined
  return { name, isFolder: stats.isDirectory(), size: stats.size, modified: stats.mtimeMs }
}

/**
 * A page that shows what a folder holds. No name in it can be anything but text: neither a tag nor a script's address.
 *
 * @param relative The folder's path under the one that is served.
 */
export function listingPage(relative: string, { entries, isCut }: Listing, language: Language): string {
  const text = (id: keyof typeof messages): string => messages[id][language]
  const path = escaped(relative === '' ? '/' : `/${relative}/`)
  const rows = entries.map(rowOf)
  if (relative !== '') rows.unshift('<tr><td><a href="../">../</a><td><td>')
  const note = isCut ? `<p>${text('listing.cut')}` : entries.length === 0 ? `<p>${text('listing.empty')}` : ''
  return `<!doctype html>
<html lang="${language === 'pt' ? 'pt-BR' : 'en'}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${path}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-spacing: 0; width: 100% }
td { padding: .1rem .5rem; white-space: nowrap }
td:first-child { width: 100%; white-space: normal; overflow-wrap: anywhere }
td:nth-child(n+2) { text-align: right; font-variant-numeric: tabular-nums; opacity: .7 }
tr:hover { background: color-mix(in srgb, currentColor 8%, transparent) }
</style>
<h1><bdi>${path}</bdi></h1>
<table>
${rows.join('\n')}
</table>
${note}
`
}

function rowOf({ name, isFolder, size, modified }: Entry): string {
  const slash = isFolder ? '/' : ''
  const link = `<a href="./${encodeURIComponent(name)}${slash}"><bdi>${escaped(name)}</bdi>${slash}</a>`
  return `<tr><td>${link}<td>${isFolder ? '' : sizeInWords(size)}<td>${timeInWords(modified)}`
}

function timeInWords(ms: number): string {
  const isDate = Math.abs(ms) <= 8.64e15 // some file systems have times that no calendar has
  return isDate ? new Date(ms).toISOString().slice(0, 16).replace('T', ' ') : ''
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it stands in HTML, between tags and between quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string)
}
