import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder that goes away at the end of the block. */
export interface TempFolder extends Disposable {
  readonly path: string
  /** Writes a file, as if it had been there for long: a server may keep it. */
  write(name: string, content: string | Uint8Array): void
}

/** A time that has long settled. */
const LONG_AGO = new Date('2020-02-02T02:02:02Z')

/** Makes a folder with these files in it, by their names under it. */
export function tempFolder(files: Readonly<Record<string, string | Uint8Array>>): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'fund-tiny-http-'))
  const write = (name: string, content: string | Uint8Array): void => {
    const file = join(path, name)
    mkdirSync(dirname(file), { recursive: true })
    const before = statSync(file, { throwIfNoEntry: false })?.ctimeMs
    do {
      writeFileSync(file, content)
      utimesSync(file, LONG_AGO, LONG_AGO)
    } while (statSync(file).ctimeMs === before) // within a tick of the system's clock nobody could tell that it changed
  }
  for (const [name, content] of Object.entries(files)) write(name, content)
  return { path, write, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
