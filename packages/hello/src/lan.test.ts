import { isIPv4 } from 'node:net'
import { fileURLToPath } from 'node:url'
import { lanAddresses } from '@fund/net-core'
import {
  networkNamespace,
  type ProgramProcess,
  requiresAddress,
  requiresProgram,
  startProgram,
} from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

describe('fund-hello, seen from another machine', () => {
  it('names every address that another machine can use', async () => {
    const before = usable()
    await using server = start('0', '--host', '0.0.0.0')
    const { port } = await server.listens()
    await server.says('From another machine:')
    const after = usable()

    for (const address of after.filter((each) => before.includes(each))) {
      await server.says(`From another machine: nc ${address} ${port}  (`)
    }
    expect(server.stdout).not.toContain('nc 127.')
  })

  it('greets a second host at the address it has named, and names that host', async (context) => {
    const nc = requiresProgram(context, 'nc.openbsd')
    await using host = await networkNamespace(context)
    await using server = start('0', '--host', '0.0.0.0')
    const { port } = await server.listens()
    await server.says(`nc ${host.ours} ${port}  (${host.interface})\n`)

    await using client = host.run([nc, '-d', host.ours, `${port}`])

    expect(await client.ends()).toBe(0)
    expect(client.stdout).toBe('Hello, World!\n')
    expect(await server.ends()).toBe(0)
    expect(server.stdout).toMatch(new RegExp(`^Connection from ${host.theirs.replaceAll('.', '\\.')}:\\d+$`, 'm'))
  })

  it.for([
    ['127.0.0.1', []],
    ['127.0.0.1, said with --host', ['--host', '127.0.0.1']],
  ] as const)('is out of reach for a second host on %s', async ([, options], context) => {
    const nc = requiresProgram(context, 'nc.openbsd')
    await using host = await networkNamespace(context)
    await using server = start('0', ...options)
    const { port } = await server.listens()

    await using client = host.run([nc, '-v', '-d', host.ours, `${port}`])
    expect(await client.ends()).toBe(1)
    expect(client.stderr).toContain('Connection refused') // ECONNREFUSED, in the C library's words
    expect(server.stdout).not.toContain('From another machine')

    await using neighbour = startProgram([nc, '-d', '127.0.0.1', `${port}`])
    expect(await neighbour.ends()).toBe(0)
    expect(neighbour.stdout).toBe('Hello, World!\n')
    expect(await server.ends()).toBe(0)
  })
})

describe('fund-hello, over IPv6', () => {
  it('greets at ::1', async (context) => {
    const nc = requiresProgram(context, 'nc.openbsd')
    requiresAddress(context, '::1')
    await using server = start('0', '--host', '::1')
    const { host, port } = await server.listens()

    await using client = startProgram([nc, '-d', host, `${port}`])

    expect(host).toBe('::1')
    expect(await client.ends()).toBe(0)
    expect(client.stdout).toBe('Hello, World!\n')
    expect(await server.ends()).toBe(0)
    expect(server.stdout).toMatch(/^Connection from \[::1\]:\d+$/m)
  })
})

/** The addresses of this machine that need nothing with them. A cable may come or go meanwhile. */
function usable(): string[] {
  return lanAddresses().flatMap(({ address, isLinkLocal }) => (isIPv4(address) && !isLinkLocal ? [address] : []))
}

function start(...args: string[]): ProgramProcess {
  const env = { FUND_LANG: 'en', NO_COLOR: '1', npm_lifecycle_event: undefined }
  return startProgram([process.execPath, bin, ...args], { env })
}
