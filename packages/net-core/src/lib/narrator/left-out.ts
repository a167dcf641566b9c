import type { Language } from '../../messages.ts'
import { monotonicMicros } from '../clock.ts'
import { nextSeq } from '../event-ring.ts'
import { jsonLine } from './json-lines.ts'
import type { NarratorFormat } from './narrate.ts'
import { texts } from './texts.ts'

/** Makes the line that says how many lines are missing in an output: a sentence, or among JSON an event like the others. */
export function leftOut(format: NarratorFormat, language: Language): (lines: number) => string {
  const text = texts(language)
  return (lines) => {
    if (format !== 'json') return `${text(lines === 1 ? 'narrator.leftOutOne' : 'narrator.leftOut', { n: lines })}\n`
    const event = { seq: nextSeq(), t: monotonicMicros(), lane: 'main', conn: 0 } as const
    return jsonLine({ ...event, op: 'error', n: lines, code: 'EOVERFLOW' })
  }
}
