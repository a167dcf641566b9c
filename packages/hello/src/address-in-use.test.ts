import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Address, connect } from '@fund/net-core'
import { lacking, requiresProgram, type Skippable, startProgram, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

const env = { FUND_LANG: 'en', NO_COLOR: '1', npm_lifecycle_event: undefined }

/** The hello server in Python. Its arguments are the port and, to ask with SO_REUSEADDR, the word reuse. */
const PYTHON = `
import socket, sys
with socket.socket() as listener:
    if 'reuse' in sys.argv:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('127.0.0.1', int(sys.argv[1])))
    listener.listen()
    print('%s:%d' % listener.getsockname(), flush=True)
    connection, peer = listener.accept()
    with connection:
        connection.sendall(b'Hello, World!\\n')
`

describe('the address of a server that has just ended', () => {
  it('is still in use for a Python program: Errno 98, while its connection is in TIME_WAIT', async (context) => {
    const [python, ss] = [requiresProgram(context, 'python3'), requiresTimeWait(context)]
    const address = await answeredAndGone([python, '-c', PYTHON, '0'])
    await isInTimeWait(ss, address)

    await using again = startProgram([python, '-c', PYTHON, `${address.port}`])

    expect(await again.ends()).toBe(1)
    expect(again.stderr).toContain('OSError: [Errno 98] Address already in use\n')
    await isInTimeWait(ss, address)
  })

  it('is in use for fund-hello too, where the server before it was that Python program', async (context) => {
    const [python, ss] = [requiresProgram(context, 'python3'), requiresTimeWait(context)]
    const address = await answeredAndGone([python, '-c', PYTHON, '0'])
    await isInTimeWait(ss, address)

    await using ours = startProgram(hello(`${address.port}`), { env })

    expect(await ours.ends()).toBe(1)
    expect(ours.stderr).toMatch(/^Cannot listen on 127\.0\.0\.1:\d+: .* \(EADDRINUSE\)\n/)
  })

  it.for([
    [
      'a Python program, where both runs asked with SO_REUSEADDR',
      (port: string) => ['python3', '-c', PYTHON, port, 'reuse'],
    ],
    ['fund-hello', (port: string) => hello(port)],
    ['fund-hello --scoped', (port: string) => hello(port, '--scoped')],
  ] as const)('can be had at once by %s', async ([, command], context) => {
    const ss = requiresTimeWait(context)
    if (command('0')[0] === 'python3') requiresProgram(context, 'python3')
    const address = await answeredAndGone(command('0'))
    await isInTimeWait(ss, address)

    await using again = startProgram(command(`${address.port}`), { env })

    expect(await again.listens()).toEqual(address)
    await greeted(address)
    expect(await again.ends()).toBe(0)
    expect(again.stderr).toBe('')
  })
})

describe('the address of a server that is still there', () => {
  it('cannot be had by a second fund-hello, which says so', async () => {
    await using first = startProgram(hello('0'), { env })
    const address = await first.listens()

    await using second = startProgram(hello(`${address.port}`), { env })

    expect(await second.ends()).toBe(1)
    expect(second.stderr.split('\n')[0]).toBe(
      `Cannot listen on 127.0.0.1:${address.port}: another program is already listening there (EADDRINUSE)`,
    )
    expect(second.stderr).not.toContain('    at ')
    await greeted(address)
    expect(await first.ends()).toBe(0)
  })
})

/** Gives the path of `ss`, which shows it. Elsewhere it is shown in another way, and the error has another number. */
function requiresTimeWait(context: Skippable): string {
  if (process.platform !== 'linux') lacking(context, 'needs the TIME_WAIT of Linux')
  return requiresProgram(context, 'ss')
}

/** Runs a server that greets one client and ends, and gives the address it had. */
async function answeredAndGone(command: readonly string[]): Promise<Address> {
  await using server = startProgram(command, { env })
  const address = await server.listens()
  await greeted(address)
  expect(await server.ends()).toBe(0)
  return address
}

/** A client that leaves after the server: who closes first is the one whose address stays in TIME_WAIT. */
async function greeted(address: Address): Promise<void> {
  await using connection = await connect(address)
  let text = ''
  for (let chunk = await connection.recv(); chunk; chunk = await connection.recv()) text += String(chunk)
  expect(text).toBe('Hello, World!\n')
}

async function isInTimeWait(ss: string, { host, port }: Address): Promise<void> {
  const look = ['-Htan', 'state', 'time-wait', 'src', `${host}:${port}`]
  await until(`ss shows ${host}:${port} in TIME-WAIT`, () => execFileSync(ss, look).length > 0)
}

function hello(...args: string[]): string[] {
  return [process.execPath, bin, ...args]
}
