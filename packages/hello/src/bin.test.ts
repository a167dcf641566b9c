import { fileURLToPath } from 'node:url'
import { connect } from '@fund/net-core'
import { type ProgramProcess, readAll, startProgram, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
const starter = fileURLToPath(new URL('../starter/hello.ts', import.meta.url))
const GREETING = 'Hello, World!\n'

function start(...args: string[]): ProgramProcess {
  return startProgram([process.execPath, bin, '0', ...args], { env: { FUND_LANG: 'en', NO_COLOR: '1' } })
}

describe('fund-hello', () => {
  it.each([[[]], [['--scoped']]])('greets one client and ends with 0 (%j)', async (args) => {
    await using program = start(...args)
    const address = await program.listens()
    await using client = await connect(address)

    expect(String(await readAll(client))).toBe(GREETING)
    await client.close()

    expect(await program.ends()).toBe(0)
    expect(program.stdout).toContain(`Waiting for connections on 127.0.0.1:${address.port}\n`)
    expect(program.stdout).toContain(`Connection from 127.0.0.1:${client.local.port}\n`)
    expect(program.stdout).toContain('Sent: "Hello, World!\\n" (14 bytes)\n')
    expect(program.stderr).toBe('')
  })

  it.each([[[]], [['--scoped']]])('ends in words when the client breaks off (%j)', async (args) => {
    await using program = start(...args)
    const client = await connect(await program.listens())

    client.abort()

    expect([0, 1]).toContain(await program.ends())
    expect(program.stderr).not.toContain('    at ')
  })

  it('greets one client after the other with --serve in-turn', async () => {
    await using program = start('--serve', 'in-turn')
    const address = await program.listens()

    await using first = await connect(address)
    await using second = await connect(address)
    expect(String(await readAll(second))).toBe(GREETING)
    expect(String(await readAll(first))).toBe(GREETING)
    await first.close()
    await second.close()

    await until('both are told of', () => accepts(program).length === 2)
    const [, beforeSecond = ''] = program.stdout.split(/^Connection from/m)
    expect(beforeSecond).toContain('closed')
  })

  it('makes nobody wait with --serve at-once', async () => {
    await using program = start('--serve', 'at-once')
    const address = await program.listens()

    // None of them closes its end, for which a graceful close waits a second.
    const clients = await Promise.all(Array.from({ length: 10 }, () => connect(address)))
    for (const client of clients) expect(String(await readAll(client))).toBe(GREETING)
    await until('all are told of', () => accepts(program).length === 10)
    const untilLast = program.stdout.slice(0, program.stdout.lastIndexOf('Connection from'))
    expect(untilLast).not.toContain('closed')

    for (const client of clients) client.abort()
    program.signal('SIGTERM')
    expect(await program.ends()).toBe(0)
  })
})

describe('starter/hello.ts', () => {
  it('runs alone, greets one client and ends', async () => {
    await using program = startProgram([process.execPath, starter, '0'])
    await using client = await connect(await program.listens())

    expect(String(await readAll(client))).toBe(GREETING)
    await client.close()

    expect(await program.ends()).toBe(0)
    expect(program.stdout).toContain(`Connection from 127.0.0.1:${client.local.port}\n`)
    expect(program.stderr).toBe('')
  })
})

function accepts(program: ProgramProcess): string[] {
  return program.stdout.match(/^Connection from/gm) ?? []
}
