import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Address, type Connection, connect } from '@fund/net-core'
import {
  type ProgramProcess,
  processState,
  requiresAddress,
  requiresProgram,
  type Skippable,
  startOnTerminal,
  startProgram,
  until,
} from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

/** Sends each line that is typed, and shows the line that comes back. */
const BASH =
  'exec 3<>"/dev/tcp/$0/$1"; while read -r line; do echo "$line" >&3; read -r answer <&3; echo "$answer"; done'

type Client = (host: string, port: string) => string[]

const clients: [name: string, command: Client][] = [
  ['nc.openbsd', (host, port) => ['nc.openbsd', host, port]],
  ['nc.traditional', (host, port) => ['nc.traditional', host, port]],
  ['ncat', (host, port) => ['ncat', host, port]],
  ['socat', (host, port) => ['socat', '-', `TCP:${host}:${port}`]],
  ['telnet', (host, port) => ['telnet', host, port]],
  ['bash', (host, port) => ['bash', '-c', BASH, host, port]],
  ['curl', (host, port) => ['curl', '-sN', `telnet://${host}:${port}`]],
]

const netcats = clients.filter(([name]) => name.startsWith('nc'))

describe('fund-echo, what its clients get', () => {
  it.for(clients)('sends the lines of %s back', async ([, command], context) => {
    await using server = await startServer()
    await using client = startClient(context, command, server.address)

    client.type('ação\n')
    await client.says('ação\n')
    client.type('again\n')
    await client.says('ação\nagain\n')

    expect(client.stderr).toBe('')
  })

  it('is sent \\r\\n by telnet at the end of a line', async (context) => {
    await using server = await startServer()
    await using client = startClient(context, (host, port) => ['telnet', host, port], server.address)

    client.type('oi\n')
    await client.says('oi\n')
    await using _second = await answered(server)

    expect(server.heard(1)).toBe('oi\r\n')
  })

  it.for(netcats)('takes an empty line of %s for a line, not for EOF', async ([, command], context) => {
    await using server = await startServer()
    await using client = startClient(context, command, server.address)

    client.type('\n')
    await client.says(/^\n$/)
    client.type('still here\n')
    await client.says(/^\nstill here\n$/)
    await using _second = await answered(server)

    expect(server.calls(1)).toEqual(['accept', 'recv', 'send', 'recv', 'send'])
  })

  it('is there for netcat on ::1', async (context) => {
    requiresAddress(context, '::1')
    await using server = await startServer('--host', '::1')
    await using client = startClient(context, (host, port) => ['nc.openbsd', host, port], server.address)

    client.type('oi\n')
    await client.says('oi\n')
    await using _second = await answered(server)

    expect(server.address.host).toBe('::1')
    expect(server.peer(1)).toMatch(/^\[::1\]:\d+$/)
  })

  it('sends a file of 1 MiB back, byte for byte, however late it is read', async (context) => {
    const [nc, ss] = [requiresProgram(context, 'nc.openbsd'), requiresProgram(context, 'ss')]
    using folder = temporaryFolder()
    const [sent, received] = [join(folder.path, 'sent'), join(folder.path, 'received')]
    writeFileSync(sent, randomBytes(1 << 20))
    await using server = await startServer()
    const { host, port } = server.address
    const pipeline = 'exec 3<&0; "$0" -N "$1" "$2" < "$3" | { read -r go <&3; dd bs=100 status=none > "$4"; }'
    await using client = startProgram(['sh', '-c', pipeline, nc, host, `${port}`, sent, received])
    await server.sees(1, 'send')
    await until('bytes wait for a netcat that cannot get rid of them', () => clientSocket(ss, server).unread > 0)

    client.type('go\n')

    expect(await client.ends()).toBe(0)
    expect(readFileSync(received).equals(readFileSync(sent))).toBe(true)
    await server.sees(1, 'close')
    expect(server.calls(1).slice(-3)).toEqual(['eof', 'fin', 'close'])
  })
})

describe('fund-echo, when Ctrl-D is pressed at its client', () => {
  it.for([
    ['nc.openbsd -N', (host, port) => ['nc.openbsd', '-N', host, port]],
    ['nc.openbsd -q 0', (host, port) => ['nc.openbsd', '-q', '0', host, port]],
    ['nc.traditional -q 0', (host, port) => ['nc.traditional', '-q', '0', host, port]],
    ['ncat', (host, port) => ['ncat', host, port]],
    ['socat', (host, port) => ['socat', '-', `TCP:${host}:${port}`]],
  ] satisfies [string, Client][])('sees the EOF of %s, and both end', async ([, command], context) => {
    await using server = await startServer()
    await using terminal = await startOnTerminal(context, installed(context, command, server.address))
    terminal.type('oi\n')
    await terminal.shows('oi\noi\n')

    terminal.pressCtrlD()

    expect(await terminal.ends()).toBe(0)
    await server.sees(1, 'close')
    expect(server.calls(1)).toEqual(['accept', 'recv', 'send', 'eof', 'fin', 'close'])
    expect(server.heard(1)).toBe('oi\n')
  })

  it.for([
    ['nc.openbsd', (host, port) => ['nc.openbsd', host, port]],
    ['nc.traditional', (host, port) => ['nc.traditional', host, port]],
    ['ncat --no-shutdown', (host, port) => ['ncat', '--no-shutdown', host, port]],
  ] satisfies [string, Client][])('sees nothing of %s, whose connection stays', async ([, command], context) => {
    const ss = requiresProgram(context, 'ss')
    await using server = await startServer()
    await using terminal = await startOnTerminal(context, installed(context, command, server.address))
    terminal.type('oi\n')
    await terminal.shows('oi\noi\n')

    terminal.pressCtrlD()
    terminal.type('too late\n')
    await terminal.shows('oi\noi\ntoo late\n') // the terminal itself shows it: it has had the Ctrl-D before
    await terminal.idles() // so has netcat, which reads no further
    await using _second = await answered(server)

    expect(server.calls(1)).toEqual(['accept', 'recv', 'send'])
    expect(server.heard(1)).toBe('oi\n')
    expect(clientSocket(ss, server).state).toBe('ESTAB')
    terminal.signal('SIGKILL')
    await server.sees(1, 'eof')
    expect(server.seq(1, 'eof')).toBeGreaterThan(server.seq(2, 'send'))
  })

  it('sees nothing of bash, which holds the socket although its cat has ended', async (context) => {
    const ss = requiresProgram(context, 'ss')
    const script = 'exec 3<>"/dev/tcp/$0/$1"; cat <&3 & cat >&3; echo cat has ended; read -r line <&2'
    await using server = await startServer()
    const bash = installed(context, (host, port) => ['bash', '-c', script, host, port], server.address)
    await using terminal = await startOnTerminal(context, bash)
    terminal.type('oi\n')
    await terminal.shows('oi\noi\n')

    terminal.pressCtrlD()
    await terminal.shows('cat has ended\n')
    await using _second = await answered(server)

    expect(server.calls(1)).toEqual(['accept', 'recv', 'send'])
    expect(clientSocket(ss, server).state).toBe('ESTAB')
  })

  it.for([
    ['telnet', (host, port) => ['telnet', host, port]],
    ['socat on a raw terminal', (host, port) => ['socat', '-,raw,echo=0', `TCP:${host}:${port}`]],
  ] satisfies [string, Client][])('is sent one byte more by %s', async ([, command], context) => {
    await using server = await startServer()
    await using terminal = await startOnTerminal(context, installed(context, command, server.address))
    terminal.type('oi\n')
    await until('the line has come back', () => server.calls(1).includes('send') && terminal.screen.endsWith('oi\n'))

    terminal.pressCtrlD()
    await until('the byte has come', () => server.heard(1).endsWith('\u0004'))
    terminal.type('still here\n')
    await terminal.shows('still here\n')
    await until('the line after it has come', () => server.heard(1).includes('\u0004still here'))

    expect(server.calls(1)).not.toContain('eof')
  })
})

describe('fund-echo, when its client does not leave by itself', () => {
  it.for(netcats)('sees the EOF of %s when that is killed', async ([, command], context) => {
    await using server = await startServer()
    await using client = startClient(context, command, server.address)
    client.type('oi\n')
    await client.says('oi\n')

    client.signal('SIGKILL')

    await server.sees(1, 'close')
    expect(server.calls(1)).toEqual(['accept', 'recv', 'send', 'eof', 'fin', 'close'])
    await using _second = await answered(server)
  })

  it('sees the reset of a netcat that was killed before it had read everything', async (context) => {
    const [nc, ss] = [requiresProgram(context, 'nc.openbsd'), requiresProgram(context, 'ss')]
    await using server = await startServer('--recv', '65536')
    const { host, port } = server.address
    const endless = 'exec "$0" "$1" "$2" < /dev/zero > /dev/null'
    await using client = startProgram(['sh', '-c', endless, nc, host, `${port}`])
    await server.sees(1, 'send')
    await until('netcat is stopped with bytes unread', async () => {
      client.signal('SIGSTOP')
      await until('netcat is stopped', () => processState(client.pid) === 'T')
      if (clientSocket(ss, server).unread > 0) return true
      client.signal('SIGCONT')
      return false
    })

    client.signal('SIGKILL')

    await server.sees(1, 'reset')
    expect(server.calls(1)).not.toContain('eof')
    await using _second = await answered(server)
  })

  it.for(netcats)('answers the others while %s is stopped, and it when it goes on', async ([, command], context) => {
    await using server = await startServer()
    await using client = startClient(context, command, server.address)
    client.type('oi\n')
    await client.says('oi\n')
    client.signal('SIGSTOP')
    await until('it is stopped', () => processState(client.pid) === 'T')

    client.type('later\n')
    await using _second = await answered(server)
    expect(server.heard(1)).toBe('oi\n')
    client.signal('SIGCONT')

    await client.says('oi\nlater\n')
  })
})

/** What the server tells with --trace=json, as far as it is used here. */
interface Told {
  readonly seq: number
  readonly conn: number
  readonly op: string
  readonly data?: string
  readonly local?: string
  readonly peer?: string
}

/** A server in a process of its own, asked about its connections, which it counts from 1. */
interface Server extends AsyncDisposable {
  readonly address: Address
  /** What happened to a connection, in order, waiting left out. */
  calls(conn: number): string[]
  /** What it has received, as text. */
  heard(conn: number): string
  peer(conn: number): string
  /** When something happened last, as a place in the order of all. */
  seq(conn: number, op: string): number
  /** Waits until this has happened. */
  sees(conn: number, op: string): Promise<void>
}

async function startServer(...options: string[]): Promise<Server> {
  const env = { FUND_LANG: '', npm_lifecycle_event: undefined }
  const program = startProgram([process.execPath, bin, '0', '--lang', 'en', '--trace=json', ...options], { env })
  const told: Told[] = []
  let parsed = 0
  const events = (conn: number): Told[] => {
    const end = program.stdout.lastIndexOf('\n') + 1
    for (const line of program.stdout.slice(parsed, end).split('\n')) if (line !== '') told.push(JSON.parse(line))
    parsed = end
    return told.filter((event) => event.conn === conn)
  }
  try {
    await program.says(/"op":"listen".*\n/)
  } catch (error) {
    await program[Symbol.asyncDispose]()
    throw error
  }
  const { local = '' } = events(0).find(({ op }) => op === 'listen') ?? {}
  const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(local) ?? []
  return {
    address: { host, port: Number(port) },
    calls: (conn) => events(conn).flatMap(({ op }) => (op === 'wait' ? [] : [op])),
    heard: (conn) =>
      events(conn)
        .filter(({ op }) => op === 'recv')
        .map(({ data = '' }) => Buffer.from(data, 'base64').toString('latin1'))
        .join(''),
    peer: (conn) => events(conn).find(({ op }) => op === 'accept')?.peer ?? '',
    seq: (conn, op) => events(conn).findLast((event) => event.op === op)?.seq ?? 0,
    sees: (conn, op) => until(`the server sees ${op}`, () => events(conn).some((event) => event.op === op)),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

/** A client's command, with the path of its program; skips the test where that is not installed. */
function installed(context: Skippable, command: Client, { host, port }: Address): string[] {
  const [name = '', ...args] = command(host, `${port}`)
  return [requiresProgram(context, name), ...args]
}

/** Starts a client that reads what is typed from a pipe. */
function startClient(context: Skippable, command: Client, address: Address): ProgramProcess {
  return startProgram(installed(context, command, address))
}

/** A second client, who sends a line and gets it back: all that the server has seen before has been told by then. */
async function answered(server: Server): Promise<Connection> {
  const connection = await connect(server.address)
  await connection.sendAll('me too\n')
  expect(String(await connection.recv(7, { timeout: 5_000 }))).toBe('me too\n')
  await server.sees(2, 'send')
  return connection
}

/** What the system says about the client's own end of the first connection: state, bytes to be read by it. */
function clientSocket(ss: string, server: Server): { state: string; unread: number } {
  const { host, port } = server.address
  const look = ['-Htan', 'src', server.peer(1), 'dst', `${host}:${port}`]
  const [state = '', unread] = execFileSync(ss, look, { encoding: 'latin1' }).split(/\s+/)
  return { state, unread: Number(unread) }
}

function temporaryFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'fund-clients-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}
