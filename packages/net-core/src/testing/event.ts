import type { NetEvent } from '../lib/events.ts'

let seq = 0

/** An event, of which a test says what it cares about. `data` may be text; `n` is then its length. */
export function event(facts: Partial<Omit<NetEvent, 'data'>> & Pick<NetEvent, 'op'> & { data?: string }): NetEvent {
  const { data: text, ...rest } = facts
  seq += 1
  const event = { seq, t: seq * 1_000, lane: 'main', conn: 0, ...rest }
  if (text === undefined) return event
  const data = new TextEncoder().encode(text)
  return { n: data.length, offset: 0, ...event, data }
}

/** The address of the peer of a connection. */
export function peer(conn: number): string {
  return `127.0.0.1:${50_000 + conn}`
}
