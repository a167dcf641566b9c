import { describe, expect, it } from 'vitest'
import { mediaType } from './media-type.ts'

describe('mediaType', () => {
  it.each([
    ['index.html', 'text/html; charset=utf-8'],
    ['A.HTML', 'text/html; charset=utf-8'],
    ['sub/v1.2/style.min.css', 'text/css; charset=utf-8'],
    ['main.js', 'text/javascript; charset=utf-8'],
    ['main.mjs', 'text/javascript; charset=utf-8'],
    ['main.ts', 'text/plain; charset=utf-8'],
    ['olá.txt', 'text/plain; charset=utf-8'],
    ['data.json', 'application/json'],
    ['feed.xml', 'application/xml'],
    ['a.svg', 'image/svg+xml'],
    ['a.wasm', 'application/wasm'],
    ['a.tar.gz', 'application/gzip'],
    ['README', 'application/octet-stream'],
    ['v1.2/README', 'application/octet-stream'],
    ['.html', 'application/octet-stream'],
    ['a.', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ])('%s is %s', (name, type) => {
    expect(mediaType(name)).toBe(type)
  })
})
