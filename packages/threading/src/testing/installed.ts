import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const here = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** A folder with this package built and installed in it, as somebody has it who got it from npm. */
export class Installed implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'fund-threading-'))

  /** Builds the package with the configuration it is published with, types aside. */
  async install(): Promise<void> {
    const home = join(this.folder, 'node_modules/@fund/threading')
    const config = join(root, 'tsup.config.ts')
    await this.#tsup(['--config', config, '--no-dts', '--out-dir', join(home, 'dist')])
    const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
    writeFileSync(join(home, 'package.json'), JSON.stringify({ ...manifest, ...publishConfig }))
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ type: 'module' }))
  }

  /** Bundles one of the programs into a file here; gives its path. */
  async bundle(program: string, into: string, ...options: string[]): Promise<string> {
    const entry = join(here, 'src/testing/programs', `${program}.ts`)
    const out = join(this.folder, into)
    mkdirSync(out)
    await this.#tsup([entry, '--no-config', '--format', 'esm', '--target', 'node20', '--out-dir', out, ...options])
    return join(out, `${program}.js`)
  }

  /** Puts the source of one of the programs here, where it finds the installed package; gives its path. */
  copy(program: string): string {
    const file = join(this.folder, `${program}.ts`)
    writeFileSync(file, readFileSync(join(here, 'src/testing/programs', `${program}.ts`)))
    return file
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #tsup(args: string[]): Promise<void> {
    await run(process.execPath, [join(root, 'node_modules/tsup/dist/cli-default.js'), ...args, '--silent'], {
      cwd: here,
    })
  }
}

/** Where the Nodes lie that `pnpm check:packages`, and `pnpm test` with FUND_STRICT=1, have got from npm. */
const cache = 'node_modules/.cache/fund-nodes'

/**
 * The Node of a line. Where this machine has none the test is skipped, and the report says why; with FUND_STRICT=1 it
 * fails. The line that runs this is always there.
 */
export function nodeOf(major: string, context: { skip(note?: string): never }): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const [path] = globSync(`${cache}/${major}.*/node_modules/node-*/bin/node`, { cwd: root })
  if (path) return join(root, path)
  const reason = `needs a Node ${major} in ${cache}: pnpm check:packages gets it`
  if (process.env.FUND_STRICT === '1') throw new Error(`This test ${reason}`)
  return context.skip(reason)
}
