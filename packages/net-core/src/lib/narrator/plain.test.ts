import { describe, expect, it } from 'vitest'
import type { Language } from '../../messages.ts'
import { event, peer } from '../../testing/event.ts'
import { DATA_BYTES, type NetEvent } from '../events.ts'
import { plain } from './plain.ts'

const local = '127.0.0.1:9090'
const one = { conn: 1, peer: peer(1) }
const two = { conn: 2, peer: peer(2) }

function said(events: NetEvent[], language: Language = 'en'): string[] {
  return events
    .map(plain({ language, colour: false }))
    .join('')
    .split('\n')
    .slice(0, -1)
}

/** The handout's session: one client says one thing and leaves. */
const session = (): NetEvent[] => [
  event({ op: 'socket' }),
  event({ op: 'bind', local }),
  event({ op: 'listen', local }),
  event({ op: 'wait', for: 'accept', local }),
  event({ op: 'accept', ...one }),
  event({ op: 'wait', for: 'recv', ...one }),
  event({ op: 'recv', ...one, data: 'oi\n' }),
  event({ op: 'send', ...one, data: 'OI\n' }),
  event({ op: 'wait', for: 'recv', ...one }),
  event({ op: 'eof', ...one, offset: 3 }),
  event({ op: 'fin', ...one, offset: 3 }),
  event({ op: 'close', ...one }),
  event({ op: 'wait', for: 'accept', local }),
  event({ op: 'close', local }),
]

describe('plain', () => {
  it('tells a session as the handout does, waiting included', () => {
    expect(said(session())).toEqual([
      'Waiting for connections on 127.0.0.1:9090',
      'Connection from 127.0.0.1:50001',
      'Waiting for a message from 127.0.0.1:50001',
      'Message: "oi\\n" (3 bytes)',
      'Sent: "OI\\n" (3 bytes)',
      'Waiting for a message from 127.0.0.1:50001',
      'Message: "" (0 bytes): 127.0.0.1:50001 has sent its last byte (EOF)',
      'Nothing more to send to 127.0.0.1:50001 (FIN)',
      'Connection with 127.0.0.1:50001 closed',
      'Waiting for connections on 127.0.0.1:9090',
      'No more connections on 127.0.0.1:9090',
    ])
  })

  it('tells it in Portuguese', () => {
    expect(said(session(), 'pt')).toEqual([
      'Esperando conexões em 127.0.0.1:9090',
      'Conexão de 127.0.0.1:50001',
      'Esperando mensagem de 127.0.0.1:50001',
      'Mensagem: "oi\\n" (3 bytes)',
      'Enviado: "OI\\n" (3 bytes)',
      'Esperando mensagem de 127.0.0.1:50001',
      'Mensagem: "" (0 bytes): 127.0.0.1:50001 já enviou seu último byte (EOF)',
      'Nada mais a enviar a 127.0.0.1:50001 (FIN)',
      'Conexão com 127.0.0.1:50001 encerrada',
      'Esperando conexões em 127.0.0.1:9090',
      'Não se aceitam mais conexões em 127.0.0.1:9090',
    ])
  })

  it('says one byte as one byte', () => {
    expect(said([event({ op: 'recv', ...one, data: '\n' })])).toEqual(['Message: "\\n" (1 byte)'])
  })

  it('names the peer of a message while several connections are open, and only then', () => {
    const lines = said([
      event({ op: 'accept', ...one }),
      event({ op: 'accept', ...two }),
      event({ op: 'recv', ...two, data: 'a' }),
      event({ op: 'send', ...one, data: 'a' }),
      event({ op: 'close', ...one }),
      event({ op: 'recv', ...two, data: 'b' }),
    ])
    expect(lines.slice(2)).toEqual([
      `Message from ${peer(2)}: "a" (1 byte)`,
      `Sent to ${peer(1)}: "a" (1 byte)`,
      `Connection with ${peer(1)} closed`,
      'Message: "b" (1 byte)',
    ])
  })

  it('counts a connection no more whose last bytes are read after its close', () => {
    const lines = said([
      event({ op: 'accept', ...one }),
      event({ op: 'accept', ...two }),
      event({ op: 'close', ...one }),
      event({ op: 'recv', ...one, data: 'late' }),
      event({ op: 'recv', ...two, data: 'b' }),
    ])
    expect(lines.at(-1)).toBe('Message: "b" (1 byte)')
  })

  it('shows the beginning of a long message, and its whole length', () => {
    const data = 'x'.repeat(DATA_BYTES)
    expect(said([event({ op: 'recv', ...one, data, n: 4096 })])).toEqual([`Message: "${data}"… (4096 bytes)`])
  })

  it('tells how another machine reaches a listener that listens everywhere', () => {
    const addresses = () => [{ address: '10.0.0.7', family: 'IPv4', interface: 'eth0', isLinkLocal: false }] as const
    const render = plain({ language: 'en', colour: false, addresses })
    expect(render(event({ op: 'listen', local: '0.0.0.0:9090' }))).toBe(
      'Waiting for connections on 0.0.0.0:9090\nFrom another machine: nc 10.0.0.7 9090  (eth0)\n',
    )
    expect(render(event({ op: 'wait', for: 'accept', local: '0.0.0.0:9090' }))).toBe('')
    expect(render(event({ op: 'listen', local }))).toBe(`Waiting for connections on ${local}\n`)
  })

  it('says why and what to do next when something fails, on one line', () => {
    const lines = said([
      event({ op: 'reset', ...one, code: 'ECONNRESET' }),
      event({ op: 'error', ...one, code: 'ETIMEDOUT' }),
      event({ op: 'error', ...one, code: 'EODD' }),
      event({ op: 'error', peer: peer(3), code: 'ECONNREFUSED' }),
      event({ op: 'error', code: 'EMFILE' }),
      event({ op: 'error', code: 'EOVERFLOW', n: 12 }),
      event({ op: 'reset', ...one }),
    ])
    expect(lines).toEqual([
      `${peer(1)} broke the connection off (ECONNRESET). The other program ended or was cut off; what it had sent before may be incomplete.`,
      `Trouble with ${peer(1)}: nothing came of it in the time given (ETIMEDOUT). Give it more time, or check that the other side is there.`,
      `Trouble with ${peer(1)}: the system refused (EODD).`,
      `Cannot connect to ${peer(3)}: nobody is listening there (ECONNREFUSED). Is the server running, and on this port?`,
      'Trouble with the listener: this process has no file descriptor left (EMFILE). Close what is no longer needed, or raise the limit (ulimit -n).',
      'Left out here: 12 events that came faster than they could be told',
      `Connection with ${peer(1)} broken off (RST)`,
    ])
  })

  it('leaves it to the program to say that it cannot listen', () => {
    expect(said([event({ op: 'error', local, code: 'EADDRINUSE' })])).toEqual([])
  })

  it('tells of refused connections once a second, with their number', () => {
    const drop = (t: number, port: number, code = 'EMFILE') => event({ op: 'drop', t, peer: `127.0.0.1:${port}`, code })
    const flood = Array.from({ length: 500 }, (_, index) => drop(index * 5_000, index + 1)) // 2.5 s
    const full =
      'no room for one more connection (EMFILE). Close what is no longer needed, or raise the limit (ulimit -n).'
    expect(said([...flood, event({ op: 'close', local, t: 2_500_000 }), drop(9_000_000, 7, 'EBADF')])).toEqual([
      `Connection from 127.0.0.1:1 refused: ${full}`,
      `199 more connections refused, the last from 127.0.0.1:200: ${full}`,
      `200 more connections refused, the last from 127.0.0.1:400: ${full}`,
      `100 more connections refused, the last from 127.0.0.1:500: ${full}`,
      'No more connections on 127.0.0.1:9090',
      'Connection from 127.0.0.1:7 refused: this program accepts no more',
    ])
  })

  it('tells of threads', () => {
    const lane = 'thread-1'
    const events = [
      event({ op: 'thread-start', lane }),
      event({ op: 'wait', for: 'lock', lane }),
      event({ op: 'wait', for: 'join' }),
      event({ op: 'thread-end', lane }),
    ]
    expect(said(events)).toEqual([
      'Thread thread-1 starts',
      'thread-1 waits for a lock',
      'main waits for a thread to end',
      'Thread thread-1 ends',
    ])
  })

  it('says what it can of an event of a later version', () => {
    const render = plain({ language: 'en', colour: false })
    expect(render({ ...event({ op: 'socket', ...one }), op: 'migrate' as 'socket' })).toBe(`migrate ${peer(1)}\n`)
  })

  it('colours failures and waiting when asked to', () => {
    const render = plain({ language: 'en', colour: true })
    expect(render(event({ op: 'wait', for: 'recv', ...one }))).toBe(
      `\x1b[2mWaiting for a message from ${peer(1)}\x1b[22m\n`,
    )
    expect(render(event({ op: 'error', ...one, code: 'EODD' }))).toBe(
      `\x1b[31mTrouble with ${peer(1)}: the system refused (EODD).\x1b[39m\n`,
    )
    expect(render(event({ op: 'accept', ...two }))).toBe(`Connection from ${peer(2)}\n`)
  })
})
