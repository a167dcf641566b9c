import { type Address, connect } from '@fund/net-core'
import { readAnswers } from './answers.ts'
import { conformance } from './conformance.ts'

/** How much to fuzz. */
export interface FuzzOptions {
  /** The same seed sends the same bytes. */
  readonly seed: number
  /** Called before each exchange: true ends it. */
  readonly isOver: (exchanges: number) => boolean
  /** How many connections at a time. */
  readonly lanes?: number
}

const PATIENCE_MS = 20_000

/**
 * Sends requests that were spoilt at random to a counting server, each twice and cut differently, and holds what comes back
 * to account: only whole, well-formed answers; none twice; at most one refusal, and nothing behind it; the same statuses
 * both times; and the end of the connection soon after the client's own; and no 500. Gives the number of exchanges.
 *
 * @throws {Error} with the bytes, when something else came, or nothing.
 */
export async function fuzz(address: Address, { seed, isOver, lanes = 8 }: FuzzOptions): Promise<number> {
  let exchanges = 0
  async function lane(random: () => number): Promise<void> {
    while (!isOver(exchanges)) {
      exchanges += 2
      const bytes = spoilt(random)
      try {
        const first = await statusesOf(address, bytes, cutsOf(bytes, random))
        const second = await statusesOf(address, bytes, cutsOf(bytes, random))
        if (first !== second) throw new Error(`once ${first}, once ${second}`)
      } catch (error) {
        throw new Error(`The server got this wrong: ${JSON.stringify(bytes.toString('latin1'))}`, { cause: error })
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, at) => lane(generator(seed + at * 7919))))
  return exchanges
}

/** Sends the pieces and the FIN; gives the final statuses that came back until the server's. */
async function statusesOf(address: Address, bytes: Buffer, cuts: readonly number[]): Promise<string> {
  await using client = await connect(address)
  const reading = (async () => {
    const chunks: Uint8Array[] = []
    for (;;) {
      const chunk = await client.recv(65_536, { timeout: PATIENCE_MS })
      if (chunk === null) return Buffer.concat(chunks)
      chunks.push(chunk)
    }
  })()
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    if (client.trySend(bytes.subarray(from, cut), { limit: Number.POSITIVE_INFINITY }) === 'closed') break
    from = cut
    await new Promise((resolve) => setImmediate(resolve))
  }
  void client.closeWrite()
  const raw = await reading
  const { answers, bytes: read } = readAnswers(raw, { isOver: true })
  if (read !== raw.length) throw new Error(`half an answer: ${JSON.stringify(raw.toString('latin1', read))}`)
  const final = answers.filter(({ status }) => status >= 200)
  if (final.some(({ status }) => status === 500)) throw new Error('a handler that failed')
  const ids = final.map(({ fields }) => fields['x-id'])
  if (new Set(ids).size !== ids.length) throw new Error(`one answer twice: ${ids}`)
  if (ids.slice(0, -1).includes(undefined)) throw new Error(`something behind a refusal: ${ids}`)
  return final.map(({ status }) => status).join(' ')
}

/** One to three cases of the conformance list, with some bytes changed. */
function spoilt(random: () => number): Buffer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  let bytes = Buffer.concat(
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => Buffer.from(pick(conformance).send, 'latin1')),
  )
  for (let times = Math.floor(random() * 6); times > 0; times -= 1) {
    const at = Math.floor(random() * (bytes.length + 1))
    const to = at + Math.floor(random() * 12)
    const other = Math.floor(random() * bytes.length)
    const byte = random() < 0.5 ? pick(SHARP) : Math.floor(random() * 256)
    const middle = pick([
      () => Buffer.from([byte]), // in the place of some
      () => Buffer.concat([Buffer.from([byte]), bytes.subarray(at, to)]), // between two
      () => Buffer.alloc(0), // nothing in the place of some
      () => Buffer.concat([bytes.subarray(at, to), bytes.subarray(at, to)]), // some of it twice
      () => bytes.subarray(other, other + Math.floor(random() * 40)), // something from elsewhere
    ])()
    bytes = Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(to)])
  }
  return bytes
}

/** The bytes that mean something. */
const SHARP = [...Buffer.from('\r\n :;,/*0123456789aftTHP.\t\0"=-+%#?@[]')]

function cutsOf(bytes: Buffer, random: () => number): number[] {
  const cuts = Array.from({ length: Math.floor(random() * 6) }, () => Math.floor(random() * bytes.length))
  return cuts.sort((a, b) => a - b)
}

/** Numbers from 0 to 1 that hardly repeat (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
