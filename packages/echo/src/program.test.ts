import { connect as nodeConnect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Address, connect, listen } from '@fund/net-core'
import {
  connectSoon,
  freePort,
  type ProgramProcess,
  startProgram,
  until,
  withoutSmallPorts,
} from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

function start(
  args: readonly string[],
  env: Record<string, string> = {},
  before: readonly string[] = [],
): ProgramProcess {
  const plain = { FUND_LANG: 'en', NO_COLOR: '1', npm_lifecycle_event: undefined, ...env }
  return startProgram([...before, process.execPath, bin, ...args], { env: plain })
}

describe('fund-echo, its arguments', () => {
  it.each(['abc', '-1', '70000', '', '80a', '1.5', '0x50'])(
    'refuses the port %j with a sentence and code 2',
    async (port) => {
      await using program = start([port])

      expect(await program.ends()).toBe(2)
      expect(program.stderr).toContain(
        `Cannot use "${port}" as a port: it is a whole number from 0 to 65535\nUsage: fund-echo`,
      )
      expect(program.stderr.split('\n')).toHaveLength(3)
      expect(program.stdout).toBe('')
    },
  )

  it.each([
    [['--nonsense'], 'There is no option --nonsense'],
    [['-x'], 'There is no option -x'],
    [['0', 'again'], 'Cannot make sense of "again"'],
    [['--recv', '0'], 'Cannot use "0" for --recv: it is a whole number from 1'],
    [['--recv'], 'The option --recv needs a value'],
    [['--quiet=yes'], 'The option --quiet takes no value'],
    [['--serve', 'never'], 'Cannot use "never" for --serve: choose once, in-turn, at-once'],
    [['--trace=loud'], 'Cannot use "loud" for --trace: choose plain, lanes, json, hex'],
    [['--host', ''], 'Cannot use an empty host'],
  ])('refuses %j', async (args, sentence) => {
    await using program = start(args)

    expect(await program.ends()).toBe(2)
    expect(program.stderr).toContain(`${sentence}\nUsage: fund-echo [port]`)
  })

  it('speaks the language that is asked for', async () => {
    await using flag = start(['abc', '--lang', 'pt'])
    await using variable = start(['abc'], { FUND_LANG: '', LC_ALL: 'pt_BR.UTF-8' })

    await Promise.all([flag.ends(), variable.ends()])

    expect(flag.stderr).toContain('Não é possível usar "abc" como porta')
    expect(variable.stderr).toContain('Não é possível usar "abc" como porta')
  })

  it('explains itself', async () => {
    await using help = start(['--help'])
    await using version = start(['--version'])

    expect(await help.ends()).toBe(0)
    expect(help.stdout).toContain('--recv N')
    expect(await version.ends()).toBe(0)
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('fund-echo, its address', () => {
  it('says in one sentence that the port is taken, and a command that works', async () => {
    await using listener = await listen({ port: 0 })
    const { port } = listener.address
    await using program = start([`${port}`, '--recv', '7'])

    expect(await program.ends()).toBe(1)
    const lines = program.stderr.split('\n')
    expect(lines[0]).toBe(`Cannot listen on 127.0.0.1:${port}: another program is already listening there (EADDRINUSE)`)
    const free = /node \S*bin\.ts --recv 7 (\d+)$/.exec(lines[2] ?? '')?.[1]
    await using second = start([`${free}`])
    expect(await second.listens()).toEqual({ host: '127.0.0.1', port: Number(free) })
  })

  it('repeats the command as it was typed', async () => {
    await using listener = await listen({ port: 0 })
    const { port } = listener.address
    const script = { npm_lifecycle_event: 'start', npm_package_name: '@fund/echo' }
    await using pnpm = start([`${port}`], { ...script, npm_config_user_agent: 'pnpm/12.21.0 npm/? node/v26' })
    await using npm = start([`${port}`], { ...script, npm_config_user_agent: 'npm/11.0.0 node/v26' })

    await Promise.all([pnpm.ends(), npm.ends()])

    expect(pnpm.stderr).toMatch(/pnpm --filter echo start \d+\n$/)
    expect(npm.stderr).toMatch(/npm start -- \d+\n$/)
  })

  it('cannot share a port with a program that listens on every address', async () => {
    await using listener = await listen({ host: '0.0.0.0', port: 0 })
    await using program = start([`${listener.address.port}`])

    expect(await program.ends()).toBe(1)
    expect(program.stderr).toContain('(EADDRINUSE)')
  })

  it.runIf(process.platform === 'linux')('shares a port number with a program on another address', async () => {
    const held = await listen({ port: 0 }) // free here, and held until it is taken there
    const { port } = held.address
    await using _there = await listen({ host: '127.0.0.2', port })
    await held.close()
    await using program = start([`${port}`])

    expect(await program.listens()).toEqual({ host: '127.0.0.1', port })
  })

  it('says who may use a port below 1024', async (context) => {
    await using program = start(['80'], {}, withoutSmallPorts(context))

    expect(await program.ends()).toBe(1)
    expect(program.stderr).toContain('Cannot listen on 127.0.0.1:80: this user may not listen on that port (EACCES)')
    expect(program.stderr).toMatch(/node \S*bin\.ts 80[89]\d\n$/)
  })

  it.each([
    [
      'no.such.host.invalid',
      /no machine is known by that name \(ENOTFOUND\)|could not be looked up just now \(EAI_AGAIN\)/,
    ],
    ['192.0.2.1', /this machine has no such address \(EADDRNOTAVAIL\)/],
  ])('says that it cannot listen on %s', async (host, reason) => {
    await using program = start(['0', '--host', host])

    expect(await program.ends()).toBe(1)
    expect(program.stderr).toMatch(reason)
    expect(program.stderr).not.toContain('    at ')
  })
})

describe('fund-echo, its end', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 0 at %s when nobody is there', async (signal) => {
    await using program = start(['0'])
    await program.listens()

    program.signal(signal)

    expect(await program.ends()).toBe(0)
    expect(program.stderr).toBe('')
  })

  it('gives an idle client its EOF and ends with 0', async () => {
    await using program = start(['0'])
    await using client = await connect(await program.listens())
    await client.sendAll('oi\n')
    expect(String(await client.recv())).toBe('oi\n')

    program.signal('SIGINT')

    expect(await client.recv()).toBe(null)
    await client.close()
    expect(await program.ends(4_000)).toBe(0)
    expect(program.stderr).toContain('Stopping: 1 connection has 5 s to finish')
  })

  it('lets a message that is under way come through whole', async () => {
    await using program = start(['0', '--quiet'])
    await using client = await connect(await program.listens())
    const message = Buffer.alloc(8_000_000, 'eco')
    const sending = client.sendAll(message).then(() => client.closeWrite())
    let received = (await client.recv())?.length ?? 0

    program.signal('SIGTERM')
    for (let chunk = await client.recv(); chunk; chunk = await client.recv()) received += chunk.length
    await sending

    expect(received).toBe(message.length)
    expect(await program.ends()).toBe(0)
  })

  it('waits no longer than 5 s for a client that never reads', async () => {
    await using program = start(['0', '--quiet'])
    await using _stuck = await neverReading(await program.listens())
    const started = performance.now()

    program.signal('SIGINT')

    expect(await program.ends()).toBe(0)
    expect(performance.now() - started).toBeGreaterThan(4_000)
  })

  it('ends with 130 at the second Ctrl-C', async () => {
    await using program = start(['0', '--quiet'])
    await using _stuck = await neverReading(await program.listens())
    program.signal('SIGINT')
    await until('it says what it waits for', () => program.stderr.includes('Once more to stop at once'))

    program.signal('SIGINT')

    expect(await program.ends()).toBe(130)
  })

  it.each(['| head -0', '>&-', '| (sleep 9)'])('serves on with its stdout given to %j', async (elsewhere) => {
    const port = await freePort()
    const pipeline = `"${process.execPath}" "${bin}" ${port} ${elsewhere}`
    await using program = startProgram(['sh', '-c', pipeline], { env: { FUND_LANG: 'en' } })

    for (let round = 0; round < 20; round += 1) {
      const client = await connectSoon(port)
      await client.sendAll(`still here, round ${round}\n`.repeat(200))
      await client.closeWrite()
      let length = 0
      for (let chunk = await client.recv(); chunk; chunk = await client.recv()) length += chunk.length
      expect(length).toBe(`still here, round ${round}\n`.length * 200)
      await client.close()
    }
    expect(program.stderr).toBe('')
  })
})

/** A client that sends until the server can take no more, and reads nothing. */
async function neverReading(address: Address): Promise<AsyncDisposable> {
  const socket = nodeConnect({ ...address, allowHalfOpen: true }).pause()
  socket.on('error', () => socket.destroy()) // the server resets it in the end
  const block = Buffer.alloc(1 << 20, 'x')
  await until('the server takes no more', () => {
    if (socket.writableLength === 0) socket.write(block)
    return socket.bytesWritten > 4 * block.length && socket.writableLength > 0
  })
  return {
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}
