import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const specifier = /\b(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g

/** The built files that importing the entries would load: the entries, and all they reach by relative imports. */
export function reachable(entries: string[]): string[] {
  const found = new Set(entries)
  for (const file of found) {
    const code = readFileSync(file, 'utf8')
    for (const [, relative] of code.matchAll(specifier)) found.add(join(dirname(file), relative ?? ''))
  }
  return [...found]
}
