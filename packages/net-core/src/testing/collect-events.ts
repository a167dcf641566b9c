import { type NetEvent, type NetOp, subscribe } from '../lib/events.ts'
import { until } from './until.ts'

/** The events told since it was made. */
export class EventLog implements Disposable {
  readonly events: NetEvent[] = []
  readonly #unsubscribe: () => void = subscribe((event) => this.events.push(event))

  /** Those of one kind. */
  of(op: NetOp): NetEvent[] {
    return this.events.filter((event) => event.op === op)
  }

  /** The kinds, in order, with what a wait is for: `recv`, `wait accept`. */
  get ops(): string[] {
    return this.events.map((event) => (event.for ? `${event.op} ${event.for}` : event.op))
  }

  /** Waits until somebody has told this. */
  async tells(op: string): Promise<void> {
    await until(`"${op}" is told`, () => this.ops.includes(op))
  }

  [Symbol.dispose](): void {
    this.#unsubscribe()
  }
}

/** Listens to the event stream until its end. */
export function collectEvents(): EventLog {
  return new EventLog()
}
