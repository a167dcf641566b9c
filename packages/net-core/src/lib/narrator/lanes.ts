import type { NetEvent } from '../events.ts'
import { hexdump } from './hexdump.ts'
import { LaneColumns } from './lane-columns.ts'
import { painter, type Style } from './paint.ts'
import type { PlainOptions } from './plain.ts'
import { quote } from './quote.ts'
import { reachable } from './reachable.ts'
import { type Texts, texts } from './texts.ts'

/** How the lanes are drawn. */
export interface LanesOptions extends PlainOptions {
  /** Whether a hexdump of the bytes follows each row that has some. */
  readonly isHex: boolean
}

const TIME_WIDTH = 8
const NAME_WIDTH = 5
const CALL_WIDTH = 14
const THREAD_WIDTH = 10
/** Bytes are cut so that a row stays within this; sentences are not. */
const ROW_WIDTH = 100
const LEAST_DATA_WIDTH = 24

/**
 * One row a call: milliseconds since the first event, the lines of {@link LaneColumns}, the connection's name, the call,
 * and what there is to say of it. The thread's name joins in once a thread other than main has spoken.
 */
export function lanes(options: LanesOptions): (event: NetEvent) => string {
  const text = texts(options.language)
  const paint = painter(options.colour)
  const columns = new LaneColumns(paint)
  let start: number | undefined
  let hasThreads = false

  return (event) => {
    const header = start === undefined ? `${'ms'.padStart(TIME_WIDTH)}  ${text('lanes.header')}` : undefined
    start ??= event.t
    hasThreads ||= event.lane !== 'main'
    const time = ((event.t - start) / 1000).toFixed(1).padStart(TIME_WIDTH)
    const style = isFailure(event) ? 'red' : undefined
    const lines = columns.draw(event, style)
    const margin = TIME_WIDTH + 2 + columns.width + 2
    const words = wordsOf(event, margin, style ?? columns.hue(event.conn))
    const rows = header === undefined ? [] : [paint('dim', header)]
    rows.push(`${time}  ${lines}  ${words}`.trimEnd())
    for (const line of below(event)) rows.push(`${' '.repeat(TIME_WIDTH)}  ${columns.rest()}  ${line}`.trimEnd())
    return rows.map((row) => `${row}\n`).join('')
  }

  function wordsOf(event: NetEvent, margin: number, hue: Style | undefined): string {
    const thread = hasThreads ? pad(event.lane, THREAD_WIDTH) : ''
    const name = pad(event.conn === 0 ? '' : `c${event.conn}`, NAME_WIDTH)
    const count = event.n === undefined || event.op === 'error' ? '' : ` ${event.n} B`
    const call = pad(`${event.op}${count}`, CALL_WIDTH)
    const width = ROW_WIDTH - margin - thread.length - name.length - call.length
    const rest = detail(event, Math.max(LEAST_DATA_WIDTH, width), text)
    if (isFailure(event)) return paint('red', `${thread}${name}${call}${rest}`.trimEnd())
    const named = hue ? paint(hue, name) : name
    if (event.op === 'wait') return `${thread}${named}${paint('dim', `${call}${rest}`)}`
    const verb = paint('bold', event.op) + call.slice(event.op.length)
    return `${thread}${named}${verb}${rest}`
  }

  function below(event: NetEvent): string[] {
    const { op, local = '', data, n = 0, offset } = event
    if (op === 'listen' && options.addresses) return reachable(local, options.addresses(), text)
    if (!options.isHex || data === undefined) return []
    const rows = hexdump(data, offset)
    if (n > data.length) rows.push(text('lanes.moreBytes', { n: n - data.length }))
    return rows
  }
}

function isFailure({ op, code }: NetEvent): boolean {
  return op === 'error' || op === 'drop' || (op === 'reset' && code !== undefined)
}

/** What was called for connections, bytes, sentences: whatever the call's own name does not say. */
function detail(event: NetEvent, width: number, text: Texts): string {
  const { op, data, n, local = '', peer = '', code = '' } = event
  switch (op) {
    case 'wait':
      return event.for === 'lock' ? text('lanes.lock') : text('lanes.wait', { call: event.for ?? '' })
    case 'recv':
    case 'send':
      return quote(data ?? new Uint8Array(), { total: n, width })
    case 'eof':
      return text('lanes.eof', { peer })
    case 'fin':
      return text('lanes.fin')
    case 'reset':
      return code === '' ? text('lanes.reset') : text.failure(code)
    case 'drop':
      return `${peer}  ${code === 'EBADF' ? text('narrator.closed') : text('narrator.full', { hint: text.hint(code) })}`
    case 'error':
      if (code === 'EOVERFLOW') return text('narrator.lost', { n: n ?? 0 })
      return `${local || peer}  ${text.failure(code)}`.trimStart()
    default:
      return peer || local
  }
}

/** At least one space stays between a cell and the next. */
function pad(cell: string, width: number): string {
  return `${cell} `.padEnd(width)
}
