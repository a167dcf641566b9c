import { closeSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { lacking } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../testing/temp-folder.ts'
import { find, openFound } from './folder.ts'

describe('openFound', () => {
  it('opens what was found', () => {
    using folder = tempFolder({ 'sub/olá.txt': 'olá' })
    const found = find(folder.path, 'sub/olá.txt')
    const file = found && openFound(found)

    expect(file?.stats.size).toBe(4)
    if (file) closeSync(file.fd)
  })

  it('opens nothing else that was put in its place, also not by a link on the way', (context) => {
    if (process.platform !== 'linux') lacking(context, 'needs /proc')
    using folder = tempFolder({ 'site/sub/a.txt': 'a', 'site/b.txt': 'b', 'outside/a.txt': 'secret' })
    const site = join(folder.path, 'site')
    const deep = find(site, 'sub/a.txt')
    const flat = find(site, 'b.txt')
    renameSync(join(site, 'sub'), join(site, 'old'))
    symlinkSync('../outside', join(site, 'sub'))
    renameSync(join(site, 'b.txt'), join(site, 'old.txt'))
    symlinkSync('../outside/a.txt', join(site, 'b.txt'))

    expect(deep && openFound(deep)).toBe(undefined)
    expect(flat && openFound(flat)).toBe(undefined)
  })
})
