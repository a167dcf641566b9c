import type { NetEvent } from '../events.ts'
import { OpenConnections } from './open-connections.ts'
import type { Paint, Style } from './paint.ts'

/** Room for so many connections from the start, so that what stands to the right of them seldom moves. */
const LEAST = 4
/** More open connections than this share one more column, which shows `+`: nobody follows that many lines. */
const MOST = 12

const hues: readonly Style[] = ['cyan', 'yellow', 'magenta', 'green', 'blue'] // red is for failures

/** The lines at the left: one for the listener, then one for each open connection. A closed one's place is taken again. */
export class LaneColumns {
  readonly #paint: Paint
  readonly #open = new OpenConnections()
  readonly #columns: (number | undefined)[] = Array.from({ length: LEAST }, () => undefined)
  readonly #crowd = new Set<number>()
  #listeners = 0
  #isCrowded = false // once and for ever: the text to the right moves once

  constructor(paint: Paint) {
    this.#paint = paint
  }

  /** How many characters {@link draw} and {@link rest} give. */
  get width(): number {
    return 1 + 2 * (this.#columns.length + (this.#isCrowded ? 1 : 0))
  }

  /** The lines where an event happens. An `accept` branches off the listener. */
  draw(event: NetEvent, style: Style | undefined): string {
    this.#open.see(event)
    if (event.conn === 0) this.#countListeners(event)
    const own = this.#place(event)
    const isBranch = event.op === 'accept' && this.#listeners > 0
    let row = ''
    for (let at = 0; at * 2 < this.width; at += 1) {
      const isUnder = isBranch && at < own
      const hue = style ?? this.#hue(at)
      const dot = event.op === 'close' ? '○' : '●'
      if (at === own) row += hue ? this.#paint(hue, dot) : dot
      else row += this.#paint('dim', isUnder ? this.#crossing(at) : this.#idle(at))
      if ((at + 1) * 2 < this.width) row += isUnder ? this.#paint('dim', '─') : ' '
    }
    this.#leave(event)
    return row
  }

  /** The lines between two events. */
  rest(): string {
    const glyphs = Array.from({ length: (this.width + 1) / 2 }, (_, at) => this.#idle(at))
    return glyphs.map((glyph) => this.#paint('dim', glyph)).join(' ')
  }

  /** The look of a connection: its column's, so that neighbours differ. */
  hue(conn: number): Style | undefined {
    return this.#hue(this.#columns.indexOf(conn) + 1)
  }

  #hue(at: number): Style | undefined {
    return at === 0 || at > MOST ? undefined : hues[(at - 1) % hues.length]
  }

  #idle(at: number): string {
    if (at === 0) return this.#listeners > 0 ? '│' : ' '
    if (at > MOST) return this.#crowd.size > 0 ? '+' : ' '
    return this.#columns[at - 1] === undefined ? ' ' : '│'
  }

  #crossing(at: number): string {
    if (at === 0) return '├'
    return this.#idle(at) === ' ' ? '─' : '┼'
  }

  #place({ conn, op, local, peer, code, for: call }: NetEvent): number {
    if (conn === 0) {
      const isOfThread = op.startsWith('thread') || call === 'join' || call === 'lock' || code === 'EOVERFLOW'
      const isOfConnect = op === 'error' && local === undefined && peer !== undefined
      return isOfThread || isOfConnect ? -1 : 0
    }
    if (this.#crowd.has(conn)) return MOST + 1
    let at = this.#columns.indexOf(conn)
    if (at === -1) at = this.#columns.indexOf(undefined)
    if (at === -1) at = this.#columns.length
    if (at < MOST) {
      this.#columns[at] = conn
      return at + 1
    }
    this.#crowd.add(conn)
    this.#isCrowded = true
    return MOST + 1
  }

  #leave({ conn }: NetEvent): void {
    if (conn === 0 || this.#open.has(conn)) return
    this.#crowd.delete(conn)
    const at = this.#columns.indexOf(conn)
    if (at !== -1) this.#columns[at] = undefined
  }

  #countListeners({ op, local }: NetEvent): void {
    if (op === 'bind') this.#listeners += 1
    if (op === 'close' && local !== undefined) this.#listeners -= 1
  }
}
