import { posix } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cpuMs } from '../testing/cpu-ms.ts'
import { filePath, MALFORMED, urlPath } from './file-path.ts'

describe('filePath', () => {
  it.each([
    ['/', '', true],
    ['/a.txt', 'a.txt', false],
    ['/sub/a.txt', 'sub/a.txt', false],
    ['/sub/', 'sub', true],
    ['/a..b/c.', 'a..b/c.', false],
    ['/ol%C3%A1.txt', 'olá.txt', false],
    ['/%E6%97%A5%E6%9C%AC/%D7%A9%D7%9C%D7%95%D7%9D.html', '日本/שלום.html', false],
    ['/com%20espaco.txt', 'com espaco.txt', false],
    ['/a%252e.txt', 'a%2e.txt', false],
    ['/-', '-', false],
    ['/~user/a+b,c;d=e&f', '~user/a+b,c;d=e&f', false],
    ['/.well-known/acme', '.well-known/acme', false],
    ['/.well-known/', '.well-known', true],
  ])('%s means %s', (path, relative, isFolder) => {
    expect(filePath(path)).toEqual({ relative, isFolder })
  })

  it.each([
    '',
    'a.txt',
    '*',
    '//',
    '//etc/passwd',
    '/sub//a.txt',
    '/%2Fetc/passwd',
    '/../a',
    '/sub/..',
    '/sub/../a',
    '/./a',
    '/%2e%2e/a',
    '/%2E%2E%2Fa',
    '/sub/.%2e/a',
    '/..%5ca',
    '/\\..\\a',
    '/a%5Cb',
    '/a%00.txt',
    '/.git/HEAD',
    '/.env',
    '/sub/.env',
    '/.well-known2/a',
    '/.well-known/.env',
    '/sub/.well-known/a',
    '/...',
  ])('%s means nothing', (path) => {
    expect(filePath(path)).toBe(undefined)
  })

  it.each(['/%', '/%zz', '/%e', '/%ff', '/%C3%28', '/%ED%A0%80', '/a%'])('%s is no path', (path) => {
    expect(filePath(path)).toBe(MALFORMED)
  })

  it('has an end to its patience', () => {
    expect(filePath(`/${'a'.repeat(4_000)}`)).toEqual({ relative: 'a'.repeat(4_000), isFolder: false })
    expect(filePath(`/${'a'.repeat(5_000)}`)).toBe(undefined)
  })

  it('never leads out of the folder, nor to a hidden name', () => {
    const piece = fc.constantFrom(
      '/',
      '..',
      '.',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '\\',
      'a',
      '%00',
      '%c3%a1',
      '%',
      '~',
      '.a',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const found = filePath(`/${pieces.join('')}`)
        if (found === undefined || found === MALFORMED) return
        const { relative } = found
        expect(posix.join('/root/', relative, '/')).toBe(posix.join('/root/', `${relative}/`))
        expect(posix.resolve('/root', relative).startsWith('/root')).toBe(true)
        expect(relative.split('/').some((name) => name.startsWith('.'))).toBe(false)
        expect(relative).not.toMatch(/[\0\\]/)
      }),
      { numRuns: 2_000 },
    )
  })

  it('gives back what urlPath writes', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((any) => !/^\.|[/\\\0]/.test(any))
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.boolean(), (names, isFolder) => {
        const path = { relative: names.join('/'), isFolder }
        expect(urlPath(path)).toMatch(/^\/[!-.0-~]/)
        expect(filePath(urlPath(path))).toEqual(path)
      }),
    )
  })

  it('does not take long over long nonsense', () => {
    const took = cpuMs(() => {
      for (const unit of ['a.', 'a/', '.-', '/', '%20', 'a-']) filePath(`/${unit.repeat(4_000)}!`)
    })
    expect(took).toBeLessThan(200)
  })
})

describe('urlPath', () => {
  it('never names another host', () => {
    expect(urlPath({ relative: '', isFolder: true })).toBe('/')
    expect(urlPath({ relative: '/evil.example', isFolder: true })).toBe('/evil.example/')
    expect(urlPath({ relative: '\\evil.example', isFolder: true })).toBe('/%5Cevil.example/')
  })
})
