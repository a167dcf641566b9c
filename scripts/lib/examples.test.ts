import { describe, expect, it } from 'vitest'
import { examplesInReadme, examplesInSource } from './examples.ts'

describe('examplesInSource', () => {
  it('gives the code of an example and the line it stands on', () => {
    const source = [
      "import { a } from 'a'",
      '',
      '/**',
      ' * Adds.',
      ' *',
      ' * @example',
      ' * ```ts',
      " * import { add } from '@fund/add'",
      ' *',
      ' *   indented()',
      ' * ```',
      ' * @throws never',
      ' */',
      'export function add() {}',
    ].join('\n')

    expect(examplesInSource('add.ts', source)).toEqual({
      examples: [{ file: 'add.ts', line: 8, code: "import { add } from '@fund/add'\n\n  indented()\n" }],
      unfenced: [],
    })
  })

  it('does not take a decorator inside a fence for the next tag', () => {
    const source = '/**\n * @example\n * ```ts\n * @once\n * class A {}\n * ```\n */'

    expect(examplesInSource('a.ts', source).examples[0]?.code).toBe('@once\nclass A {}\n')
  })

  it('finds every block of every example, and leaves other languages alone', () => {
    const source =
      '/**\n * @example\n * ```sh\n * ls\n * ```\n * ```ts\n * one\n * ```\n * @example\n * ```ts\n * two\n * ```\n */'

    expect(examplesInSource('a.ts', source).examples.map(({ line, code }) => [line, code])).toEqual([
      [7, 'one\n'],
      [11, 'two\n'],
    ])
  })

  it('names the line of an example that has no block to run', () => {
    expect(examplesInSource('a.ts', '\n/**\n * @example\n * add(1, 2)\n */')).toEqual({ examples: [], unfenced: [3] })
  })
})

describe('examplesInReadme', () => {
  it('takes the blocks marked `ts run` and no others', () => {
    const text = '# A\n\n```ts\nno\n```\n\n```ts run\nyes\n```\n'

    expect(examplesInReadme('README.md', text)).toEqual([{ file: 'README.md', line: 8, code: 'yes\n' }])
  })
})
