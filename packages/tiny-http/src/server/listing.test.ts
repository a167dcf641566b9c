import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requiresProgram } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../testing/temp-folder.ts'
import { find } from './folder.ts'
import { escaped, type Listing, listingPage, readFolder } from './listing.ts'

function list(folder: string, relative = ''): Listing {
  const found = find(folder, relative)
  if (!found) throw new Error('no such folder')
  const listing = readFolder(folder, relative, found)
  if (!listing) throw new Error('no such folder any more')
  return listing
}

describe('readFolder', () => {
  it('gives nothing of a folder that the system does not open', () => {
    using folder = tempFolder({ 'page/a.txt': 'a' })
    const found = find(folder.path, 'page')
    if (!found) throw new Error('no such folder')
    rmSync(found.real, { recursive: true })

    expect(readFolder(folder.path, 'page', found)).toBe(undefined)
  })

  it('gives folders and files in the order of a person, and nothing that would not be given', (context) => {
    const mkfifo = requiresProgram(context, 'mkfifo')
    using folder = tempFolder({
      'page/b.txt': 'b',
      'page/a10.txt': '10',
      'page/a9.txt': '9',
      'page/zoo/x': '',
      'page/.hidden': '',
      'page/back\\slash': '',
      'secret.txt': 'secret',
    })
    const page = join(folder.path, 'page')
    symlinkSync('../secret.txt', join(page, 'out'))
    symlinkSync('b.txt', join(page, 'in'))
    symlinkSync('nothing', join(page, 'broken'))
    symlinkSync('.hidden', join(page, 'to-hidden'))
    execFileSync(mkfifo, [join(page, 'pipe')])

    const { entries, isCut } = list(page)

    expect(entries.map(({ name }) => name)).toEqual(['zoo', 'a9.txt', 'a10.txt', 'b.txt', 'in'])
    expect(entries.map(({ isFolder }) => isFolder)).toEqual([true, false, false, false, false])
    expect(isCut).toBe(false)
  })

  it('looks at so many names and no more', () => {
    using folder = tempFolder({})
    for (let at = 0; at < 5_001; at += 1) writeFileSync(join(folder.path, `${at}`), '')

    const { entries, isCut } = list(folder.path)

    expect(entries.length).toBe(5_000)
    expect(isCut).toBe(true)
  })
})

describe('listingPage', () => {
  it('shows names that are not ours as text', () => {
    using folder = tempFolder({
      'sub/<img src=x onerror=alert(1)>': '',
      'sub/"\'&': 'x',
      'sub/javascript:alert(1)': '',
    })
    const page = listingPage('sub', list(folder.path, 'sub'), 'en')

    expect(page).toContain('<bdi>&lt;img src=x onerror=alert(1)&gt;</bdi>')
    expect(page).toContain('href="./%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"')
    expect(page).toContain('href="./%22\'%26"><bdi>&quot;&#39;&amp;</bdi>')
    expect(page).toContain('href="./javascript%3Aalert(1)"')
    expect(page).not.toMatch(/<img|<script/)
  })

  it('escapes the name of the folder itself', () => {
    expect(listingPage('</title><script>', { entries: [], isCut: false }, 'en')).not.toContain('<script>')
  })

  it('says sizes, times, and the way up', () => {
    using folder = tempFolder({ 'a.txt': 'x'.repeat(2_000), 'sub/b': '' })
    utimesSync(join(folder.path, 'a.txt'), new Date(0), new Date('2026-11-23T15:04:05Z'))
    mkdirSync(join(folder.path, 'empty'))

    const top = listingPage('', list(folder.path), 'en')
    const empty = listingPage('empty', list(folder.path, 'empty'), 'pt')

    expect(top).toContain('<td>2.0 KiB<td>2026-11-23 15:04')
    expect(top).toContain('<a href="./sub/"><bdi>sub</bdi>/</a>')
    expect(top).not.toContain('"../"')
    expect(empty).toContain('<a href="../">')
    expect(empty).toContain('<html lang="pt-BR">')
    expect(empty).toContain('Nada aqui.')
  })
})

describe('escaped', () => {
  it('leaves no character that HTML has a meaning for', () => {
    expect(escaped(`<a href="x" title='y'>&amp;`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;')
  })
})
