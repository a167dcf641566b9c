import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'tsup'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lacking, type Skippable } from '../../testing/requires.ts'
import { ioWorker } from './io-worker.ts'

const run = promisify(execFile)
const programs = fileURLToPath(new URL('../../testing/programs/', import.meta.url))
const roundTrip = join(programs, 'blocking-round-trip.ts')
const face = fileURLToPath(new URL('../../blocking.ts', import.meta.url))
const root = fileURLToPath(new URL('../../../../../', import.meta.url))
const GOOD = { heard: 'oi\n', end: null, code: 'ECONNREFUSED' }

/** Where the Nodes lie that `pnpm check:packages`, and `pnpm test` with FUND_STRICT=1, have got from npm. */
const cache = 'node_modules/.cache/fund-nodes'

function nodeOf(context: Skippable, major: string): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const [path] = globSync(`${cache}/${major}.*/node_modules/node-*/bin/node`, { cwd: root })
  return path ? join(root, path) : lacking(context, `needs a Node ${major} in ${cache}: pnpm check:packages gets it`)
}

async function says(node: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { stdout } = await run(node, args, { timeout: 20_000, env: { ...process.env, NODE_OPTIONS: '', ...env } })
  return JSON.parse(stdout)
}

describe('the I/O worker, from its own text', () => {
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fund-io-worker-'))
    const common = { outDir: folder, config: false, silent: true, target: 'node20', dts: false } as const
    // As it is published: modules with chunks. The program finds them beside it.
    await build({ ...common, entry: { blocking: face, program: roundTrip }, format: 'esm', splitting: true })
    // As users bundle: one file, minified, with names kept or not.
    const one = { ...common, splitting: false, minify: true } as const
    await build({ ...one, entry: { minified: roundTrip }, format: ['esm', 'cjs'] })
    await build({ ...one, entry: { named: roundTrip }, format: 'esm', keepNames: true, minify: false })
    await build({ ...one, entry: { mangled: roundTrip }, format: 'esm', keepNames: true })
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  }, 30_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('uses no name from outside', () => {
    expect(String(ioWorker)).not.toMatch(/\b(import|require|__vite|__vi_)\b/)
  })

  it.for(['26', '24', '22'])('runs from the sources on Node %s', async (major, context) => {
    expect(await says(nodeOf(context, major), [roundTrip])).toEqual(GOOD)
  })

  it.for(['26', '24', '22', '20'])('runs from what is published on Node %s', async (major, context) => {
    expect(await says(nodeOf(context, major), [join(folder, 'program.js')])).toEqual(GOOD)
  })

  it.for(['minified.js', 'minified.cjs', 'named.js'])('runs from the bundle %s', async (file, context) => {
    for (const major of ['20', '26']) {
      expect(await says(nodeOf(context, major), [join(folder, file)])).toEqual(GOOD)
    }
  })

  it('says what is wrong, at once, when a bundler has put its own names into the text', async () => {
    const failed = await run(process.execPath, [join(folder, 'mangled.js')], { timeout: 20_000 }).catch(
      (error) => error,
    )
    expect(failed.code).toBe(1)
    expect(failed.stderr).toMatch(/Cannot start the I\/O worker of @fund\/net-core\/blocking: ReferenceError/)
    expect(failed.stderr).toMatch(/Cannot use a socket: the I\/O worker has failed/)
  })

  it('is left alone by what NODE_OPTIONS loads into the program', async () => {
    const preload = join(folder, 'preload.mjs')
    writeFileSync(preload, `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) process.exit(9)`)
    expect(await says(process.execPath, [roundTrip], { NODE_OPTIONS: `--import=${preload}` })).toEqual(GOOD)
  })

  it('serves a thread whose main thread knows nothing of it', async () => {
    expect(await says(process.execPath, [join(programs, 'blocking-main-idle.ts')])).toEqual({ done: 1 })
  })

  it('outlives the thread that opened the first socket', async () => {
    expect(await says(process.execPath, [join(programs, 'blocking-first-in-thread.ts')])).toEqual({ heard: 'oi\n' })
  })
})
