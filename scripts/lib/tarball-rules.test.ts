import { describe, expect, it } from 'vitest'
import { tarballFaults } from './tarball-rules.ts'

const manifest = {
  name: '@fund/echo',
  version: '1.0.0',
  dependencies: { '@fund/net-core': '^1.0.0' },
  fund: { order: 2, title: 'Echo', given: ['src/echo.ts'], write: [] },
}
const files = [
  'package.json',
  'LICENSE',
  'README.md',
  'README.pt-BR.md',
  'dist/echo.js',
  'starter/echo.ts',
  'src/echo.ts',
]

describe('tarballFaults', () => {
  it('has nothing to say about a tarball as it should be', () => {
    expect(tarballFaults(manifest, files)).toEqual([])
  })

  it.each(['src/echo.test.ts', 'dist/echo.js.map', 'tsconfig.json', 'src/bin.ts'])('names %s as not needed', (file) => {
    expect(tarballFaults(manifest, [...files, file])).toEqual([
      `@fund/echo packs ${file}, which nobody who installs it needs.`,
    ])
  })

  it.each(files)('misses %s', (file) => {
    const without = files.filter((each) => each !== file)

    expect(tarballFaults(manifest, without)).toHaveLength(1)
  })

  it('names a dependency that is not ours, and a range that only a workspace knows', () => {
    const dependencies = { chalk: '^5.0.0', '@fund/net-core': 'workspace:^' }

    expect(tarballFaults({ ...manifest, dependencies }, files)).toEqual([
      '@fund/echo brings chalk along, which is not ours.',
      '@fund/echo asks for @fund/net-core as workspace:^, which npm does not understand.',
    ])
  })

  it('lets an optional peer pass, which nobody gets without asking for it', () => {
    const peerDependencies = { '@redis/client': '^6.0.0', hono: '^4.0.0' }
    const peerDependenciesMeta = { '@redis/client': { optional: true } }

    expect(tarballFaults({ ...manifest, peerDependencies, peerDependenciesMeta }, files)).toEqual([
      '@fund/echo brings hono along, which is not ours.',
    ])
  })

  it('misses an entry that only the workspace has, and names one that still points at source', () => {
    const source = { ...manifest, exports: { '.': './src/echo.ts', './program': './src/program.ts' } }
    const published = { types: './dist/echo.d.ts', default: './dist/echo.js' }

    expect(tarballFaults({ ...manifest, exports: { '.': published } }, files, source)).toEqual([
      '@fund/echo exports ./program here, and not once it is packed.',
    ])
    expect(tarballFaults({ ...manifest, bin: { 'fund-echo': './src/bin.ts' } }, files)).toEqual([
      '@fund/echo points fund-echo at source once it is packed.',
    ])
  })
})
