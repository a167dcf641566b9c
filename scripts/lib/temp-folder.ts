import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** A folder outside the repository that is gone when the block that opened it ends, or when the process does. */
export function tempFolder(name: string): Disposable & { path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `fund-${name}-`)))
  // Some tests run a program as a user without rights, who has to get to it.
  chmodSync(path, 0o755)
  const remove = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  // Once more at the very end: after a failure, work that was under way may still have written into it.
  process.once('exit', remove)
  return { path, [Symbol.dispose]: remove }
}
