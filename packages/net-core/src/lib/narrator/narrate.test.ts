import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, peer } from '../../testing/event.ts'
import type { NetEvent } from '../events.ts'
import { listen } from '../listen.ts'
import { type NarratorFormat, narrate, renderer } from './narrate.ts'

const formats: NarratorFormat[] = ['plain', 'lanes', 'json', 'hex']
const local = '127.0.0.1:9090'

/** The colours and looks that the renderers use. */
const own = [1, 2, 22, 31, 32, 33, 34, 35, 36, 39]

const nasty = [...'\x1b\x00\x7f\u0085\u009b\u061c\u200b\u202e\u2028\u2066\ufeff\u{e0041}[]m0"\\\r\n\t ☕á']
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...nasty) }))
const anyEvent: fc.Arbitrary<NetEvent> = fc.record(
  {
    seq: fc.nat(),
    t: fc.nat(),
    lane: fc.oneof(fc.constant('main'), anyText),
    conn: fc.nat(20),
    op: fc.oneof(
      fc.constantFrom(
        ...(['socket', 'bind', 'listen', 'wait', 'accept', 'connect', 'recv', 'send', 'eof', 'fin', 'close'] as const),
        ...(['reset', 'drop', 'error', 'thread-start', 'thread-end'] as const),
      ),
      anyText as fc.Arbitrary<NetEvent['op']>,
    ),
    for: fc.constantFrom('accept', 'recv', 'send', 'join', 'lock'),
    n: fc.nat(),
    offset: fc.nat(),
    data: fc.oneof(
      fc.uint8Array(),
      anyText.map((text) => new TextEncoder().encode(text)),
    ),
    local: anyText,
    peer: anyText,
    code: fc.oneof(fc.constant('ECONNRESET'), anyText),
  },
  { requiredKeys: ['seq', 't', 'lane', 'conn', 'op'] },
)

describe('renderer', () => {
  it.each(formats)('lets nothing but line feeds and its own colours through, whatever comes (%s)', (format) => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), fc.boolean(), (events, colour) => {
        const text = events.map(renderer({ format, language: 'pt', colour })).join('')
        const bare = colour ? own.reduce((rest, code) => rest.replaceAll(`\x1b[${code}m`, ''), text) : text
        expect(bare.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }),
    )
  })

  it.each(formats)('gives whole lines or nothing (%s)', (format) => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
        const texts = events.map(renderer({ format, language: 'en', colour: false }))
        expect(texts.filter((text) => text !== '' && !text.endsWith('\n'))).toEqual([])
      }),
    )
  })

  it.each(formats)('says the ready line alone when quiet (%s)', (format) => {
    const events = [
      event({ op: 'bind', local }),
      event({ op: 'listen', local: '0.0.0.0:9090' }),
      event({ op: 'wait', for: 'accept', local }),
      event({ op: 'recv', conn: 1, peer: peer(1), data: 'x' }),
      event({ op: 'error', conn: 1, code: 'ECONNRESET' }),
    ]
    const addresses = () => [{ address: '10.0.0.7', family: 'IPv4', interface: 'eth0', isLinkLocal: false }] as const
    const render = renderer({ format, language: 'en', colour: false, quiet: true, addresses })
    const lines = events.map(render).join('').trimEnd().split('\n')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('0.0.0.0:9090')
  })

  it('gives one event a line as JSON', () => {
    const events = [event({ op: 'listen', local }), event({ op: 'recv', conn: 1, data: 'x' })]
    const lines = events.map(renderer({ format: 'json', language: 'en', colour: true })).join('')
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).op),
    ).toEqual(['listen', 'recv'])
  })

  it('keeps one stream apart from another', () => {
    const first = renderer({ format: 'plain', language: 'en', colour: false })
    first(event({ op: 'accept', conn: 1, peer: peer(1) }))
    const second = renderer({ format: 'plain', language: 'en', colour: false })
    second(event({ op: 'accept', conn: 2, peer: peer(2) }))
    expect(second(event({ op: 'recv', conn: 2, peer: peer(2), data: 'x' }))).toBe('Message: "x" (1 byte)\n')
  })
})

describe('narrate', () => {
  it('tells what happens until it is stopped', async () => {
    const told: string[] = []
    const stop = narrate({ format: 'plain', language: 'en', colour: false, write: (text) => told.push(text) })
    const listener = await listen({ port: 0 })
    const ready = `Waiting for connections on 127.0.0.1:${listener.address.port}\n`
    expect(told).toEqual([ready])
    stop()
    await listener.close()
    expect(told).toEqual([ready])
  })

  it('looks up the addresses of this machine for a listener that listens everywhere', async () => {
    const told: string[] = []
    const stop = narrate({ format: 'plain', language: 'en', colour: false, write: (text) => told.push(text) })
    await using listener = await listen({ host: '0.0.0.0', port: 0 })
    stop()
    expect(listener.address.host).toBe('0.0.0.0')
    expect(told.join('')).toMatch(/^Waiting for connections on 0\.0\.0\.0:\d+\n(From another machine: .+\n)+$/)
  })
})
