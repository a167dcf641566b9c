import type { Connection } from '@fund/net-core'
import { describe, expect, it } from 'vitest'
import type { Frame } from './bus.ts'
import { Member } from './member.ts'
import { type Nick, readNick } from './nick.ts'
import { Roster } from './roster.ts'

/** Several servers of one room, whose notes arrive everywhere in one order when `deliver` is called. */
class Servers {
  readonly rosters: Record<string, Roster> = {}
  readonly #notes: { origin: string; note: string }[] = []

  constructor(...origins: string[]) {
    for (const origin of origins)
      this.rosters[origin] = new Roster(origin, (note) => this.#notes.push({ origin, note }))
  }

  roster(origin: string): Roster {
    return this.rosters[origin] as Roster
  }

  /** What is on its way never arrives. */
  lose(): void {
    this.#notes.length = 0
  }

  deliver(): void {
    for (let next = this.#notes.shift(); next; next = this.#notes.shift()) {
      const frame: Frame = { id: '1', origin: next.origin, lines: Buffer.alloc(0), count: 0, notes: [next.note] }
      for (const roster of Object.values(this.rosters)) roster.take(frame)
    }
  }
}

function someone(): Member {
  return new Member({ peer: { host: '127.0.0.1', port: 1 } } as Connection)
}

function nick(typed: string): Nick {
  return readNick(typed) as Nick
}

describe('Roster', () => {
  it('grants a nick to the one whose claim comes first, on every server', async () => {
    const servers = new Servers('a', 'b', 'c')
    const [ana, rui] = [someone(), someone()]
    const first = servers.roster('b').claim(rui, nick('Ana'))
    const second = servers.roster('a').claim(ana, nick('ana'))

    servers.deliver()

    expect([await first, await second]).toEqual([true, false])
    for (const origin of ['a', 'b', 'c']) expect(servers.roster(origin).nicks).toEqual(['Ana'])
    expect(await servers.roster('c').claim(someone(), nick('ANA'))).toBe(false)
  })

  it('frees the old nick of who takes a new one, and the nick of who leaves', async () => {
    const servers = new Servers('a', 'b')
    const ana = someone()
    const claim = servers.roster('a').claim(ana, nick('ana'))
    servers.deliver()
    await claim
    void servers.roster('a').claim(ana, nick('eva'))
    servers.deliver()
    expect(servers.roster('b').nicks).toEqual(['eva'])

    servers.roster('a').release(ana)
    servers.deliver()

    expect(servers.roster('b').nicks).toEqual([])
    expect(servers.roster('a').isTaken('eva')).toBe(false)
  })

  it('lets a member change the capitals of its own nick', async () => {
    const servers = new Servers('here')
    const ana = someone()
    const claim = servers.roster('here').claim(ana, nick('ana'))
    servers.deliver()
    await claim

    expect(await servers.roster('here').claim(ana, nick('ANA'))).toBe(true)
    expect(servers.roster('here').nicks).toEqual(['ANA'])
  })

  it('names guests as nobody else is called, here or elsewhere', async () => {
    const servers = new Servers('here')
    const claim = servers.roster('here').claim(someone(), nick('guest1'))
    servers.deliver()
    await claim
    const two = new Servers('a', 'b')

    expect(servers.roster('here').adopt(someone())).toBe('guest2')
    expect(two.roster('a').adopt(someone())).not.toBe(two.roster('b').adopt(someone()))
  })

  it('learns who is elsewhere, and forgets who was on a server that is gone', () => {
    const roster = new Roster('a', () => undefined)

    roster.learn(
      new Map([
        ['b', 'ana rui'],
        ['c', 'eva \x1b[2J'],
        ['d', ''],
      ]),
    )
    expect(roster.nicks).toEqual(['ana', 'rui', 'eva'])

    expect(roster.forget('b')).toEqual(['ana', 'rui'])
    expect(roster.nicks).toEqual(['eva'])
  })

  it('frees the nicks of a server that is gone everywhere, when one server says so', async () => {
    const servers = new Servers('a', 'b', 'c')
    const claim = servers.roster('c').claim(someone(), nick('ana'))
    servers.deliver()
    await claim

    servers.roster('a').forget('c')
    servers.deliver()

    expect(servers.roster('b').isTaken('ana')).toBe(false)
  })

  it('gives who is back the nick it had elsewhere, unless somebody else has it by now', async () => {
    const servers = new Servers('a', 'b', 'c')
    const claim = servers.roster('a').claim(someone(), nick('ana'))
    servers.deliver()
    await claim
    const back = someone()

    expect(servers.roster('b').restore(back, nick('ana'), 'a')).toBe(true)
    servers.deliver()

    expect(back.name).toBe('ana')
    expect(servers.roster('c').forget('a')).toEqual([])
    expect(servers.roster('c').nicks).toEqual(['ana'])
    expect(servers.roster('b').restore(someone(), nick('Ana'), 'a')).toBe(false)
    expect(servers.roster('c').restore(someone(), nick('Ana'), 'a')).toBe(false) // it is at b, and no longer at a
  })

  it('grants each claim to who made it, also when one before it was lost', async () => {
    const servers = new Servers('a')
    const [ana, rui] = [someone(), someone()]
    const lost = servers.roster('a').claim(ana, nick('ana'))
    servers.lose()
    const claim = servers.roster('a').claim(rui, nick('rui'))
    servers.deliver()

    expect([await lost, await claim]).toEqual([false, true])
    expect([ana.name, rui.name]).toEqual(['127.0.0.1:1', 'rui'])
  })

  it('gives nothing to who has left while its claim was on its way', async () => {
    const servers = new Servers('a', 'b')
    const ana = someone()
    const claim = servers.roster('a').claim(ana, nick('ana'))
    servers.roster('a').release(ana)
    servers.deliver()

    expect(await claim).toBe(false)
    for (const origin of ['a', 'b']) expect(servers.roster(origin).isTaken('ana')).toBe(false)
  })
})
