import type { Language } from '../../messages.ts'
import { type NetEvent, subscribe } from '../events.ts'
import { type LanAddress, lanAddresses } from '../lan-addresses.ts'
import { jsonLine } from './json-lines.ts'
import { lanes } from './lanes.ts'
import { plain } from './plain.ts'
import { printable } from './printable.ts'

/** `plain`: sentences; `lanes`: a row a call, a line a connection; `json`: the events; `hex`: lanes and the bytes. */
export type NarratorFormat = 'plain' | 'lanes' | 'json' | 'hex'

/** How the events are put. */
export interface RendererOptions {
  readonly format: NarratorFormat
  /** For `json` without meaning: events have no language. */
  readonly language: Language
  /** Whether to colour. What stdout is, and what NO_COLOR says, is for the caller to know. */
  readonly colour: boolean
  /** Only the ready line: that the listener listens, and where. */
  readonly quiet?: boolean | undefined
  /**
   * The addresses of the machine on its networks, asked for when a listener listens at every one of them (0.0.0.0, `::`),
   * to say how another machine reaches it. Without it, nothing is said of other machines.
   */
  readonly addresses?: (() => readonly LanAddress[]) | undefined
}

/** How, and whereto. */
export interface NarratorOptions extends RendererOptions {
  /** Is given one or more whole lines, each with its `\n`. It must neither wait nor throw. */
  readonly write: (text: string) => void
}

/**
 * Tells what happens to the sockets of this process, from now on and until the returned function is called.
 *
 * Plain, a message is `Message: "oi\n" (3 bytes)` while one connection is open, and `Message from 127.0.0.1:54321: …`
 * while several are. Bytes are shown as text where they are UTF-8 text, and as `\xNN` where they are not or where a
 * terminal would obey them. A listener that cannot listen is told in every format but plain: there its program says
 * it, since it got the error. Quiet, the telling ends with the first ready line.
 *
 * @example
 * ```ts
 * import { listen } from '@fund/net-core'
 * import { narrate } from '@fund/net-core/narrator'
 *
 * const write = (text: string) => process.stdout.write(text)
 * const stop = narrate({ format: 'plain', language: 'en', colour: false, write })
 * const listener = await listen({ port: 0 }) // Waiting for connections on 127.0.0.1:41234
 * await listener.close()
 * stop()
 * ```
 */
export function narrate(options: NarratorOptions): () => void {
  const render = renderer({ addresses: lanAddresses, ...options })
  const stop = subscribe((event) => {
    const text = render(event)
    if (text !== '') options.write(text)
    // The ready line is all that is asked for: nobody listens any more, so nothing more is computed.
    if (options.quiet && event.op === 'listen') stop()
  })
  return stop
}

/**
 * Makes a function that puts events into words, given to it one by one in their order, as whole lines; an empty string
 * when there is nothing to say. It remembers what it was given (which connections are open), so each stream of events needs
 * one of its own; it looks at nothing else, so a recorded stream gives the same text again.
 *
 * @example
 * ```ts
 * import { renderer } from '@fund/net-core/narrator'
 *
 * const render = renderer({ format: 'plain', language: 'pt', colour: false })
 * const peer = '127.0.0.1:54321'
 * const data = new TextEncoder().encode('oi\n')
 * render({ seq: 1, t: 0, lane: 'main', conn: 1, op: 'accept', peer }) // Conexão de 127.0.0.1:54321
 * console.log(render({ seq: 2, t: 900, lane: 'main', conn: 1, op: 'recv', n: 3, offset: 0, data, peer }))
 * // Mensagem: "oi\n" (3 bytes)
 * ```
 */
export function renderer({ quiet = false, ...options }: RendererOptions): (event: NetEvent) => string {
  const render = rendererOf(quiet ? { ...options, addresses: undefined } : options, quiet)
  return quiet ? (event) => (event.op === 'listen' ? render(event) : '') : render
}

function rendererOf(options: RendererOptions, quiet: boolean): (event: NetEvent) => string {
  const { format } = options
  if (format === 'json') return jsonLine
  const render = format === 'plain' || quiet ? plain(options) : lanes({ ...options, isHex: format === 'hex' })
  return (event) => render(clean(event))
}

/** A recorded event comes from wherever the file came from, and a thread may have any name. */
function clean(event: NetEvent): NetEvent {
  const { lane, op, local, peer, code } = event
  return {
    ...event,
    lane: printable(lane),
    op: printable(op) as NetEvent['op'],
    ...(local === undefined ? {} : { local: printable(local) }),
    ...(peer === undefined ? {} : { peer: printable(peer) }),
    ...(code === undefined ? {} : { code: printable(code) }),
  }
}
