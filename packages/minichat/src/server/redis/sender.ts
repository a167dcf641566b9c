import { setTimeout as pause } from 'node:timers/promises'
import { type BrokerLink, BrokerRefusal } from './broker-link.ts'
import type { Outbox } from './outbox.ts'
import { addWords } from './stream-entry.ts'

/** How long to wait before asking a broker again that said no. */
const REFUSED_MS = 500

/** Puts what the outbox holds into the stream, as long as one link is up. */
export class Sender {
  readonly #link: BrokerLink
  readonly #key: string
  readonly #origin: string
  readonly #outbox: Outbox
  readonly #onOutcome: (isSent: boolean) => void
  #isSending = false

  constructor(
    link: BrokerLink,
    {
      key,
      origin,
      outbox,
      onOutcome,
    }: {
      readonly key: string
      readonly origin: string
      readonly outbox: Outbox
      /** Is told after each attempt whether the broker took it. A link that goes down is no outcome. */
      readonly onOutcome: (isSent: boolean) => void
    },
  ) {
    this.#link = link
    this.#key = key
    this.#origin = origin
    this.#outbox = outbox
    this.#onOutcome = onOutcome
  }

  /** To be called when something is in the outbox. */
  wake(): void {
    if (!this.#isSending) void this.#send()
  }

  async #send(): Promise<void> {
    this.#isSending = true
    for (let frame = this.#outbox.next(); frame && !this.#link.isDown; frame = this.#outbox.next()) {
      try {
        await this.#link.ask(...addWords(this.#key, this.#origin, frame))
        this.#outbox.sent(frame.n)
        this.#onOutcome(true)
      } catch (error) {
        if (this.#link.isDown) break // it stays in the outbox
        if (!(error instanceof BrokerRefusal)) throw error
        this.#onOutcome(false)
        await pause(REFUSED_MS, undefined, { ref: false })
      }
    }
    this.#isSending = false
  }
}
