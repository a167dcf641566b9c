import type { Target } from './target-place.ts'

/** Whatever types were, Node leaves white space for. */
const BLANK = /\s/

/** How the text of a function or class begins that has its name in it. */
const DECLARED = /^(?:(?:async\s+)?function\b\s*\*?|class\b)\s*([^\s({]+)/

/**
 * The file that calls, so many frames up from here, if a function or class is written in it: mostly it is, and to see that its
 * text stands there costs a fraction of asking the inspector. A text without the name, as an arrow's, may stand anywhere.
 */
export function callerFile(target: Target, frames: number): string | undefined {
  if (DECLARED.exec(target.toString())?.[1] !== target.name) return undefined
  const line = new Error().stack?.split('\n')[frames + 1] ?? ''
  const [, file] = /((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*):\d+:\d+\)?$/.exec(line) ?? []
  if (file === undefined) return undefined
  const text = readText(file)
  return text !== undefined && contains(text, target.toString()) ? file : undefined
}

function readText(file: string): string | undefined {
  const { readFileSync } = process.getBuiltinModule('node:fs')
  try {
    return readFileSync(file.startsWith('file:') ? new URL(file) : file, 'utf8')
  } catch (error) {
    // What the stack names is not always a file: it may have a query, or lie in an archive.
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw error
  }
}

/** Whether a text has another in it, in which what is blank may have been anything. */
export function contains(text: string, part: string): boolean {
  const [head = ''] = part.split(/\s\s|\n/)
  if (head === '') return false
  for (let at = text.indexOf(head); at !== -1; at = text.indexOf(head, at + 1)) {
    if (matches(text, at, part)) return true
  }
  return false
}

function matches(text: string, at: number, part: string): boolean {
  for (let i = 0; i < part.length; i += 1) {
    if (text[at + i] !== part[i] && !BLANK.test(part[i] as string)) return false
  }
  return true
}
