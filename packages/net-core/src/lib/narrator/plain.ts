import type { Language, MessageId } from '../../messages.ts'
import type { NetEvent } from '../events.ts'
import type { LanAddress } from '../lan-addresses.ts'
import { OpenConnections } from './open-connections.ts'
import { painter } from './paint.ts'
import { quote } from './quote.ts'
import { reachable } from './reachable.ts'
import { type Texts, texts } from './texts.ts'

/** How the plain narrator speaks. */
export interface PlainOptions {
  readonly language: Language
  readonly colour: boolean
  /** This machine's addresses on its networks; without it the lines about other machines are left out. */
  readonly addresses?: (() => readonly LanAddress[]) | undefined
}

/** Refused connections come in floods: one line for those of so many microseconds. */
const DROPS_MICROS = 1_000_000

/**
 * Sentences, one a line: what the handout's prints say. A message is `Message: …` while one connection is open, and
 * `Message from 127.0.0.1:54321: …` while several are, since only then is there a question whose it was.
 */
export function plain({ language, colour, addresses }: PlainOptions): (event: NetEvent) => string {
  const text = texts(language)
  const paint = painter(colour)
  const open = new OpenConnections()
  const drops = new Drops(text)
  let last: NetEvent | undefined
  return (event) => {
    open.see(event)
    const lines = drops.due(event)
    const line = event.op === 'drop' ? drops.see(event) : sentence(event, last, open.count > 1, text)
    last = event
    if (line !== '') lines.push(paintFor(event, line))
    if (event.op === 'listen' && addresses) lines.push(...reachable(event.local ?? '', addresses(), text))
    return lines.map((each) => `${each}\n`).join('')
  }

  function paintFor({ op, code }: NetEvent, line: string): string {
    if (op === 'error' || op === 'drop' || (op === 'reset' && code !== undefined)) return paint('red', line)
    return op === 'wait' ? paint('dim', line) : line
  }
}

function sentence(event: NetEvent, last: NetEvent | undefined, areSeveral: boolean, text: Texts): string {
  const { op, conn, lane, code = '', local = '' } = event
  const peer = event.peer ?? text('narrator.somebody', { conn })
  const say = (id: MessageId): string => text(id, { local, peer, lane, code, hint: text.hint(code) }).trimEnd()
  switch (op) {
    case 'socket':
    case 'bind':
      return ''
    case 'listen':
      return say('plain.listen')
    case 'wait':
      if (event.for === 'accept') return last?.op === 'listen' ? '' : say('plain.listen')
      return event.for === undefined ? '' : say(`plain.wait.${event.for}`)
    case 'accept':
      return say('plain.accept')
    case 'connect':
      return say('plain.connect')
    case 'recv':
    case 'send': {
      const { n = 0, data = new Uint8Array() } = event
      const id: MessageId = areSeveral ? (op === 'recv' ? 'plain.recvFrom' : 'plain.sendTo') : `plain.${op}`
      return text(id, { peer, data: quote(data, { total: n }), bytes: text.bytes(n) })
    }
    case 'eof':
      return say('plain.eof')
    case 'fin':
      return say('plain.fin')
    case 'close':
      if (conn !== 0) return say('plain.close')
      return local === '' ? '' : say('plain.closeListener')
    case 'reset':
      return say(event.code === undefined ? 'plain.reset' : 'plain.resetByPeer')
    case 'error':
      return errorSentence(event, peer, text)
    case 'thread-start':
      return say('plain.threadStart')
    case 'thread-end':
      return say('plain.threadEnd')
    default:
      return [op, event.peer ?? local].join(' ').trimEnd() // an event of a later version
  }
}

function errorSentence({ conn, code = '', n = 0, ...event }: NetEvent, peer: string, text: Texts): string {
  // The program that called bind got this very sentence as its error, and says so on stderr before it ends.
  if (event.local !== undefined) return ''
  if (code === 'EOVERFLOW') return text('narrator.lost', { n })
  const reason = text.failure(code)
  if (conn !== 0) return text('plain.error', { peer, reason })
  return event.peer ? `${text('cannot.connect')} ${peer}: ${reason}` : text('plain.errorListener', { reason })
}

/** The refused connections: the first of a flood at once, then one line a second with their number. */
class Drops {
  readonly #text: Texts
  #saidAt = Number.NEGATIVE_INFINITY
  #unsaid = 0
  #last: NetEvent | undefined

  constructor(text: Texts) {
    this.#text = text
  }

  see(event: NetEvent): string {
    this.#last = event
    if (event.t - this.#saidAt < DROPS_MICROS) {
      this.#unsaid += 1
      return ''
    }
    this.#saidAt = event.t
    return this.#text('plain.drop', this.#values(event))
  }

  /** The line about those not yet told, once its second is over; also when the listener closes. */
  due({ t, conn, op }: NetEvent): string[] {
    const isOver = t - this.#saidAt >= DROPS_MICROS || (op === 'close' && conn === 0)
    if (this.#unsaid === 0 || !this.#last || !isOver) return []
    const n = this.#unsaid
    this.#unsaid = 0
    this.#saidAt = t
    return [this.#text(n === 1 ? 'plain.drop' : 'plain.drops', { n, ...this.#values(this.#last) })]
  }

  #values({ peer = '?', code }: NetEvent): { peer: string; reason: string } {
    const text = this.#text
    const reason = code === 'EBADF' ? text('narrator.closed') : text('narrator.full', { hint: text.hint('EMFILE') })
    return { peer, reason }
  }
}
