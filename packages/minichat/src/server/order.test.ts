import { connect as nodeConnect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '@fund/net-core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openRoom, type TaskRoom } from '../testing/rooms.ts'
import { classroom } from './limits.ts'

/** What may happen in a room: somebody comes, says something, stops reading or reads on, leaves in one of three ways. */
const schedule = fc.array(
  fc.record({
    who: fc.nat(5),
    what: fc.constantFrom('say', 'say', 'say', 'sayMuch', 'stall', 'resume', 'bye', 'end', 'reset', 'turn'),
  }),
  { minLength: 20, maxLength: 80 },
)

describe('the one order', () => {
  it.each(['without names', 'with names'])(
    'is what everybody hears a window of, whatever happens (%s)',
    async (mode) => {
      const hasNames = mode === 'with names'
      await fc.assert(
        fc.asyncProperty(schedule, async (events) => {
          await using room = await openRoom({
            hasNames,
            limits: { ...classroom, flood: undefined, queueBytes: 64 << 20 },
          })
          const witness = await Someone.enter(room)
          const all = [witness]
          const seats: (Someone | undefined)[] = []
          for (const { who, what } of events) {
            const someone = seats[who]
            if (what === 'turn') await pause(1)
            else if (!someone) {
              seats[who] = await Someone.enter(room)
              all.push(seats[who])
            } else if (['bye', 'end', 'reset'].includes(what)) {
              someone.leave(what as 'bye' | 'end' | 'reset')
              seats[who] = undefined
            } else someone.does(what as 'say' | 'sayMuch' | 'stall' | 'resume')
          }
          for (const someone of all) someone.does('resume')
          const rest = seats.filter((someone) => someone !== undefined)
          for (const someone of rest) someone.leave('bye')
          await until('all others have left', () => room.room.size === 1)
          witness.leave('bye')
          await Promise.all(all.map((someone) => someone.isGone))

          // The witness was there all the time: what it heard is the order.
          const order = witness.heard
          expect(new Set(order).size).toBe(order.length)
          for (const someone of all) expectWindow(someone.heard, order)
          // Who left in order heard all of its own last words.
          for (const someone of all) {
            if (someone.left === 'reset') continue
            expect(order.filter((line) => line.includes(someone.mark))).toHaveLength(someone.said)
            expect(someone.heard.filter((line) => line.includes(someone.mark))).toHaveLength(someone.said)
          }
        }),
        { numRuns: 40, interruptAfterTimeLimit: 6_000 },
      )
    },
  )
})

/** Every line once, none missing in between, in the order. */
function expectWindow(heard: readonly string[], order: readonly string[]): void {
  if (heard.length === 0) return
  const start = order.indexOf(heard[0] as string)
  expect(start).toBeGreaterThanOrEqual(0)
  expect(heard).toEqual(order.slice(start, start + heard.length))
}

let count = 0

/** Somebody in the room, of whom all lines are told apart. */
class Someone {
  readonly #socket: Socket
  readonly mark: string
  readonly isGone: Promise<void>
  #bytes = ''
  said = 0
  left: 'bye' | 'end' | 'reset' | undefined

  static async enter(room: TaskRoom): Promise<Someone> {
    const { joined } = room.room.metrics
    const socket = nodeConnect({ ...room.address, allowHalfOpen: true })
    const someone = new Someone(socket)
    if (room.room.hasNames) someone.does('say') // its first words end the time it has for a token
    await until('somebody is in', () => room.room.metrics.joined > joined)
    return someone
  }

  constructor(socket: Socket) {
    this.#socket = socket
    count += 1
    this.mark = `#${count}:`
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#bytes += text
    })
    socket.on('error', () => undefined)
    socket.on('end', () => socket.end())
    this.isGone = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  /** The members' lines it has heard, whole. What the room says has its place too, but is not told apart. */
  get heard(): string[] {
    return this.#bytes
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.includes('#'))
  }

  does(what: 'say' | 'sayMuch' | 'stall' | 'resume'): void {
    if (what === 'stall') this.#socket.pause()
    else if (what === 'resume') this.#socket.resume()
    else for (let line = what === 'say' ? 1 : 50; line > 0; line -= 1) this.#say()
  }

  leave(how: 'bye' | 'end' | 'reset'): void {
    this.left = how
    this.#socket.resume()
    if (how === 'bye') this.#socket.write(':bye\n')
    else if (how === 'end') this.#socket.end()
    else this.#socket.resetAndDestroy()
  }

  #say(): void {
    this.said += 1
    this.#socket.write(`${this.mark} ${this.said} ${'x'.repeat(this.said % 100)}\n`)
  }
}
