import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../fault.ts'

/** What the peers use of the packages that only this bench needs. */
export interface HonoPackages {
  readonly Hono: new () => {
    get(path: string, handler: (context: { text(text: string): Response }) => Response): void
    fetch(request: Request): Response | Promise<Response>
  }
  serve(
    options: { fetch: (request: Request) => Response | Promise<Response>; hostname: string; port: number },
    onListening: (info: { port: number }) => void,
  ): void
}

const versions = { hono: '4.13.19', '@hono/node-server': '2.1.9' }
const folder = join(import.meta.dirname, '../../node_modules/.cache/bench-http')

/** Installs them where git and the lockfile do not see them, unless they are there, and gives the module to import. */
export function honoPackages(): string {
  const module = join(folder, 'packages.mjs')
  if (existsSync(module)) return module
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: versions }))
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--silent'], { cwd: folder, encoding: 'utf8' })
  if (npm.status !== 0)
    throw new Fault(`Cannot install Hono for the bench: ${npm.stderr?.trim() || npm.error?.message}`)
  writeFileSync(module, "export { Hono } from 'hono'\nexport { serve } from '@hono/node-server'\n")
  return module
}
