import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reachable } from './reachable.ts'
import { tempFolder } from './temp-folder.ts'

describe('reachable', () => {
  it('follows imports, re-exports and import() through chunks, each file once, and leaves the rest', () => {
    using folder = tempFolder('reachable')
    const files = {
      'index.js': 'import {\n  a\n} from "./chunk-a.js";\nimport "node:net"',
      'chunk-a.js': 'export * from "./chunk-b.js"; await import("./late.js")',
      'chunk-b.js': 'import "./index.js"',
      'late.js': '',
      'alone.js': '',
    }
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder.path, name), code)

    const found = reachable([join(folder.path, 'index.js')]).map((file) => basename(file))

    expect(found.sort()).toEqual(['chunk-a.js', 'chunk-b.js', 'index.js', 'late.js'])
  })
})
