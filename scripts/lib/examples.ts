/** A block of code in the documentation. `line` is where its first line of code stands in `file`, counted from 1. */
export type Example = { file: string; line: number; code: string }

const comment = /\/\*\*[\s\S]*?\*\//g
const fence = /^```\s*(.*)$/

/** The `ts` blocks of every `@example` in a source file's JSDoc. An example without one would never be run: it is told apart. */
export function examplesInSource(file: string, source: string): { examples: Example[]; unfenced: number[] } {
  const examples: Example[] = []
  const unfenced: number[] = []
  for (const { 0: text, index } of source.matchAll(comment)) {
    const first = source.slice(0, index).split('\n').length
    const lines = text.split('\n').map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*) ?/, ''))
    for (const start of tagLines(lines, '@example')) {
      const end = nextTag(lines, start)
      const blocks = fenced(lines.slice(start, end), (info) => /^(ts|typescript)\b/.test(info))
      if (blocks.length === 0) unfenced.push(first + start)
      for (const { at, code } of blocks) examples.push({ file, line: first + start + at, code })
    }
  }
  return { examples, unfenced }
}

/** The blocks of a README that say of themselves that they run: those fenced as `ts run`. */
export function examplesInReadme(file: string, text: string): Example[] {
  const blocks = fenced(text.split('\n'), (info) => /^ts run\b/.test(info))
  return blocks.map(({ at, code }) => ({ file, line: at + 1, code }))
}

function tagLines(lines: string[], tag: string): number[] {
  return lines.flatMap((line, index) => (line.trimStart().startsWith(tag) ? [index] : []))
}

/** Where the tag that begins at `start` ends: at the next tag that is not inside a fence, or at the comment's end. */
function nextTag(lines: string[], start: number): number {
  let inside = false
  for (let index = start + 1; index < lines.length; index++) {
    const line = (lines[index] ?? '').trimStart()
    if (fence.test(line)) inside = !inside
    else if (!inside && line.startsWith('@')) return index
  }
  return lines.length
}

function fenced(lines: string[], wanted: (info: string) => boolean): { at: number; code: string }[] {
  const blocks: { at: number; code: string }[] = []
  let open: { at: number; wanted: boolean } | undefined
  for (const [index, line] of lines.entries()) {
    const info = fence.exec(line.trimStart())?.[1]
    if (info === undefined) continue
    if (open === undefined) {
      open = { at: index + 1, wanted: wanted(info) }
      continue
    }
    if (open.wanted) blocks.push({ at: open.at, code: `${lines.slice(open.at, index).join('\n')}\n` })
    open = undefined
  }
  return blocks
}
