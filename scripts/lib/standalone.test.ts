import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeStandalone } from './standalone.ts'
import { tempFolder } from './temp-folder.ts'
import { type Manifest, readJson, steps } from './workspace.ts'

const temp = tempFolder('standalone-test')
afterAll(() => temp[Symbol.dispose]())

describe('writeStandalone', () => {
  it.each(steps())('gives $short what its own tests need, and nothing of the workspace', (step) => {
    const folder = join(temp.path, step.short)
    const vendored = new Map(
      Object.keys(step.manifest.dependencies ?? {}).map((name) => [name, `${name.slice(6)}.tgz`]),
    )

    writeStandalone(step, folder, vendored)

    const { dependencies, devDependencies } = readJson<Manifest>(join(folder, 'package.json'))
    expect(devDependencies).toMatchObject({ vitest: expect.any(String), ...step.manifest.devDependencies })
    const all = Object.values({ ...dependencies, ...devDependencies })
    expect(all.filter((range) => range.startsWith('workspace:'))).toEqual([])
    for (const guide of ['README.md', 'README.pt-BR.md']) {
      expect(readFileSync(join(folder, guide), 'utf8')).not.toMatch(new RegExp(`\\]\\(\\.\\./|--filter ${step.short} `))
    }
  })
})
