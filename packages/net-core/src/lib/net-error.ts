import { type Language, type MessageId, messages } from '../messages.ts'
import { type Address, formatAddress } from './address.ts'

/** What was being tried when it failed. */
export type NetAction = 'listen' | 'accept' | 'connect' | 'recv' | 'send' | 'close'

/** The parts a {@link NetError} is made of. */
export interface NetErrorOptions {
  /** The system's own word, such as `ECONNRESET`. */
  readonly code: string
  readonly action: NetAction
  /** The address the action was about. */
  readonly address?: Address | undefined
  /** The error that node:net, the resolver or the system gave. */
  readonly cause?: unknown
  /** For `send`: how many bytes of the data had been handed to the system. */
  readonly sent?: number | undefined
}

/**
 * A failure of the network, in words. Match on `code`, never on the text.
 *
 * - `code`: the system's own word (`EADDRINUSE`, `ECONNRESET`, …)
 * - `message`: `Cannot <verb> <address>: <reason> (<code>)`
 * - `hint`: what to do next, or an empty string
 * - `cause`: the original error
 * - `sent`: after a failed `sendAll`, how many bytes of its data the system had taken
 *
 * @example
 * ```ts
 * import { connect, listen, NetError } from '@fund/net-core'
 *
 * const listener = await listen({ port: 0 })
 * await listener.close()
 * try {
 *   await connect(listener.address)
 * } catch (error) {
 *   if (!(error instanceof NetError) || error.code !== 'ECONNREFUSED') throw error
 *   console.log(error.message) // Cannot connect to 127.0.0.1:41234: nobody is listening there (ECONNREFUSED)
 * }
 * ```
 */
export class NetError extends Error {
  override readonly name = 'NetError'
  readonly code: string
  readonly action: NetAction
  readonly address: Address | undefined
  readonly hint: string
  readonly sent: number | undefined

  constructor(options: NetErrorOptions) {
    super(explain(options, 'en').sentence, { cause: options.cause })
    this.code = options.code
    this.action = options.action
    this.address = options.address
    this.hint = explain(options, 'en').hint
    this.sent = options.sent
  }
}

/** What failed and why, and what to do next, in one language. */
export function explain(
  { action, address, code, cause }: NetErrorOptions,
  language: Language,
): { readonly sentence: string; readonly hint: string } {
  const text = (id: string): string | undefined => messages[id as MessageId]?.[language]
  const where = address ? ` ${formatAddress(address)}` : ''
  const reason = text(`reason.${code}`) ?? (cause instanceof Error ? cause.message : text('reason.other'))
  return { sentence: `${text(`cannot.${action}`)}${where}: ${reason} (${code})`, hint: text(`hint.${code}`) ?? '' }
}

/** Puts an error of node:net or of the resolver into our words; one of ours passes through. */
export function toNetError(cause: unknown, action: NetAction, address?: Address): NetError {
  if (cause instanceof NetError) return cause
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? 'EIO'
  return new NetError({ code, action, address, cause })
}
