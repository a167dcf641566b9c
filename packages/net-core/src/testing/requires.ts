import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { delimiter, join } from 'node:path'

/** The part of vitest's test context that is needed here. */
export interface Skippable {
  skip(note?: string): never
}

/**
 * Gives the path of a program that a test needs. Where it is missing the test is skipped, and the report says why; with
 * FUND_STRICT=1 the test fails instead.
 *
 * @example
 * ```ts
 * import { requiresProgram } from '@fund/net-core/testing'
 *
 * // it('…', async (context) => { const nc = requiresProgram(context, 'nc.openbsd'); … })
 * const context = {
 *   skip: (note?: string): never => {
 *     throw new Error(note)
 *   },
 * }
 * console.log(requiresProgram(context, 'node')) // /usr/bin/node
 * ```
 */
export function requiresProgram(context: Skippable, name: string): string {
  const found = findProgram(name)
  return found ?? lacking(context, `needs the program ${name}, which is not installed`)
}

/**
 * Skips a test that this machine cannot run, visibly; with FUND_STRICT=1 it fails.
 *
 * @example
 * ```ts
 * import { lacking } from '@fund/net-core/testing'
 *
 * const context = {
 *   skip: (note?: string): never => {
 *     throw new Error(note)
 *   },
 * }
 * try {
 *   lacking(context, 'needs a second machine')
 * } catch (error) {
 *   console.log(error) // Error: needs a second machine
 * }
 * ```
 */
export function lacking(context: Skippable, reason: string): never {
  if (process.env.FUND_STRICT === '1') throw new Error(`This test ${reason}`)
  return context.skip(reason)
}

/**
 * Skips a test that needs an address which this machine does not have, such as `::1` where IPv6 is off.
 *
 * @example
 * ```ts
 * import { requiresAddress } from '@fund/net-core/testing'
 *
 * const context = { skip: () => process.exit(0) } // a test gets its own from vitest
 * requiresAddress(context, '127.0.0.1')
 * ```
 */
export function requiresAddress(context: Skippable, wanted: string): void {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  if (!all.some(({ address }) => address === wanted)) lacking(context, `needs the address ${wanted}`)
}

/**
 * Gives what stands before a command to which the system is to refuse the ports below 1024: nothing for an ordinary
 * user; for root, what takes that one right away. A test is skipped where the system refuses them to nobody.
 *
 * @example
 * ```ts
 * import { startProgram, withoutSmallPorts } from '@fund/net-core/testing'
 *
 * const context = { skip: () => process.exit(0) } // a test gets its own from vitest
 * await using program = startProgram([...withoutSmallPorts(context), process.execPath, '-p', '80'])
 * console.log(await program.ends()) // 0
 * ```
 */
export function withoutSmallPorts(context: Skippable): readonly string[] {
  const before = process.getuid?.() === 0 ? [requiresProgram(context, 'setpriv'), ...withoutThatRight] : []
  const [file = '', ...args] = [...before, process.execPath, '-e', endsWellWhenRefused]
  if (spawnSync(file, args).status !== 0) lacking(context, 'needs a system that refuses ports below 1024')
  return before
}

const withoutThatRight = ['--bounding-set', '-net_bind_service', '--inh-caps', '-net_bind_service', '--']

const endsWellWhenRefused = `
  const { createServer } = require('node:net')
  createServer()
    .on('error', ({ code }) => process.exit(code === 'EACCES' ? 0 : 1))
    .listen(1, '127.0.0.1', () => process.exit(1))
`

function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(code)) return false
    throw error
  }
}
