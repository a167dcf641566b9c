import { accessSync, constants } from 'node:fs'
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
