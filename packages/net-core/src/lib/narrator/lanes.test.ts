import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { event, peer } from '../../testing/event.ts'
import { DATA_BYTES, type NetEvent } from '../events.ts'
import { lanes } from './lanes.ts'

const local = '127.0.0.1:9090'
const of = (conn: number) => ({ conn, peer: peer(conn) })

function drawn(events: NetEvent[], options: { isHex?: boolean } = {}): string {
  const render = lanes({ language: 'en', colour: false, isHex: false, ...options })
  return `\n${events.map((each, index) => render({ ...each, t: 5_000_000 + index * 1_250 })).join('')}`
}

/** Two clients of an echo server, the second one broken off. */
const session = (): NetEvent[] => [
  event({ op: 'socket' }),
  event({ op: 'bind', local }),
  event({ op: 'listen', local }),
  event({ op: 'wait', for: 'accept', local }),
  event({ op: 'accept', ...of(1) }),
  event({ op: 'wait', for: 'recv', ...of(1) }),
  event({ op: 'accept', ...of(2) }),
  event({ op: 'recv', ...of(2), data: 'olá\r\n' }),
  event({ op: 'send', ...of(2), data: 'OLÁ\r\n' }),
  event({ op: 'eof', ...of(1) }),
  event({ op: 'fin', ...of(1) }),
  event({ op: 'close', ...of(1) }),
  event({ op: 'accept', ...of(3) }),
  event({ op: 'reset', ...of(2), code: 'ECONNRESET' }),
  event({ op: 'close', ...of(2) }),
  event({ op: 'drop', peer: peer(4), code: 'EMFILE' }),
  event({ op: 'reset', ...of(3) }),
  event({ op: 'close', ...of(3) }),
  event({ op: 'close', local }),
]

describe('lanes', () => {
  it('draws one line a connection, branching off the listener', () => {
    expect(drawn(session())).toBe(`
      ms  first the listener, then each open connection in a line of its own
     0.0  ●               socket
     1.3  ●               bind          127.0.0.1:9090
     2.5  ●               listen        127.0.0.1:9090
     3.8  ●               wait          waits in accept
     5.0  ├─●        c1   accept        127.0.0.1:50001
     6.3  │ ●        c1   wait          waits in recv
     7.5  ├─┼─●      c2   accept        127.0.0.1:50002
     8.8  │ │ ●      c2   recv 6 B      "olá\\r\\n"
    10.0  │ │ ●      c2   send 6 B      "OLÁ\\r\\n"
    11.3  │ ● │      c1   eof           ""  127.0.0.1:50001 has sent its last byte
    12.5  │ ● │      c1   fin           nothing more to send
    13.8  │ ○ │      c1   close         127.0.0.1:50001
    15.0  ├─● │      c3   accept        127.0.0.1:50003
    16.3  │ │ ●      c2   reset         the peer broke the connection off (ECONNRESET). The other program ended or was cut off; what it had sent before may be incomplete.
    17.5  │ │ ○      c2   close         127.0.0.1:50002
    18.8  ● │             drop          127.0.0.1:50004  no room for one more connection (EMFILE). Close what is no longer needed, or raise the limit (ulimit -n).
    20.0  │ ●        c3   reset         RST: this program broke it off
    21.3  │ ○        c3   close         127.0.0.1:50003
    22.5  ○               close         127.0.0.1:9090
`)
  })

  it('keeps what a row says in its place while columns come and go', () => {
    const rows = drawn(session()).split('\n').slice(2, -1)
    expect(new Set(rows.map((row) => row.search(/[a-z]{3}/)))).toEqual(new Set([26]))
  })

  it('gives the thirteenth connection and those beyond it one column together', () => {
    const accepts = Array.from({ length: 14 }, (_, index) => event({ op: 'accept', ...of(index + 1) }))
    const after = [
      event({ op: 'recv', ...of(1), data: 'x' }),
      event({ op: 'close', ...of(14) }),
      event({ op: 'close', ...of(13) }),
      event({ op: 'close', ...of(12) }),
    ]
    const rows = drawn([event({ op: 'bind', local }), ...accepts, ...after])
      .trimEnd()
      .split('\n')
      .slice(-6)
    expect(rows.map((row) => row.slice(10, 41))).toEqual([
      '├─┼─┼─┼─┼─┼─┼─┼─┼─┼─┼─┼─┼─●  c1',
      '├─┼─┼─┼─┼─┼─┼─┼─┼─┼─┼─┼─┼─●  c1',
      '│ ● │ │ │ │ │ │ │ │ │ │ │ +  c1',
      '│ │ │ │ │ │ │ │ │ │ │ │ │ ○  c1',
      '│ │ │ │ │ │ │ │ │ │ │ │ │ ○  c1',
      '│ │ │ │ │ │ │ │ │ │ │ │ ○    c1',
    ])
  })

  it('draws a program that only connects without a listener', () => {
    const rows = drawn([
      event({ op: 'connect', ...of(1), local: '127.0.0.1:40000' }),
      event({ op: 'send', ...of(1), data: 'x' }),
      event({ op: 'error', peer: peer(2), code: 'ECONNREFUSED' }),
    ])
    expect(rows.split('\n').slice(2)).toEqual([
      '     0.0    ●        c1   connect       127.0.0.1:50001',
      '     1.3    ●        c1   send 1 B      "x"',
      '     2.5    │             error         127.0.0.1:50002  nobody is listening there (ECONNREFUSED). Is the server running, and on this port?',
      '',
    ])
  })

  it('cuts bytes so that the row stays within 100 columns', () => {
    const row = drawn([event({ op: 'recv', ...of(1), data: '\n'.repeat(DATA_BYTES), n: 65_536 })]).split('\n')[2] ?? ''
    expect(row).toMatch(/ recv 65536 B {2}"(\\n)+"…$/)
    expect(row.length).toBeGreaterThan(97)
    expect(row.length).toBeLessThanOrEqual(100)
  })

  it('names threads from the moment that there are several', () => {
    const rows = drawn([
      event({ op: 'bind', local }),
      event({ op: 'thread-start', lane: 'thread-1' }),
      event({ op: 'recv', ...of(1), lane: 'thread-1', data: 'x' }),
      event({ op: 'wait', for: 'lock', lane: 'a thread with a long name' }),
      event({ op: 'wait', for: 'join' }),
    ])
    expect(rows.split('\n').slice(2)).toEqual([
      '     0.0  ●               bind          127.0.0.1:9090',
      '     1.3  │          thread-1       thread-start',
      '     2.5  │ ●        thread-1  c1   recv 1 B      "x"',
      '     3.8  │ │        a thread with a long name      wait          waits for a lock',
      '     5.0  │ │        main           wait          waits in join',
      '',
    ])
  })

  it('shows the bytes below their row, counted from the start of the stream', () => {
    const events = [
      event({ op: 'bind', local }),
      event({ op: 'accept', ...of(1) }),
      event({ op: 'recv', ...of(1), data: 'a line, and more of it', n: 30, offset: 4096 }),
    ]
    expect(drawn(events, { isHex: true }).split('\n').slice(4)).toEqual([
      '     2.5  │ ●        c1   recv 30 B     "a line, and more of it"…',
      '          │ │        1000  61 20 6c 69 6e 65 2c 20  61 6e 64 20 6d 6f 72 65  a line, and more',
      '          │ │        1010  20 6f 66 20 69 74                                  of it',
      '          │ │        8 more bytes',
      '',
    ])
  })

  it('colours connections, verbs and failures when asked to, and is the same text then', () => {
    const coloured = session().map(lanes({ language: 'en', colour: true, isHex: false }))
    const plain = session().map(lanes({ language: 'en', colour: false, isHex: false }))
    const time = /^ *[\d.]+/
    const bare = coloured.map((row) => stripVTControlCharacters(row).replace(time, ''))
    expect(bare).toEqual(plain.map((row) => row.replace(time, '')))
    expect(plain.join('')).not.toContain('\x1b')
    expect(coloured[7]).toContain('\x1b[33m●\x1b[39m') // the second connection's hue
    expect(coloured[7]).toContain('\x1b[1mrecv\x1b[22m 6 B')
    expect(coloured[7]).toContain('\x1b[2m│\x1b[22m')
    expect(coloured[13]).toContain('\x1b[31m●\x1b[39m      \x1b[31mc2   reset ')
    expect(coloured[13]).toContain('incomplete.\x1b[39m\n')
  })
})
