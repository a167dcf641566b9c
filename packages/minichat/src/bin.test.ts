import { fileURLToPath } from 'node:url'
import { type Connection, connect, formatAddress } from '@fund/net-core'
import { type ProgramProcess, requiresProgram, startProgram } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

function start(env: Record<string, string> = {}): ProgramProcess {
  return startProgram([process.execPath, bin, '0', '--quiet'], { env: { FUND_LANG: 'en', ...env } })
}

describe('fund-minichat', () => {
  it('lets netcat clients talk', async (context) => {
    const nc = requiresProgram(context, 'nc')
    await using program = start()
    const { host, port } = await program.listens()
    await using ana = startProgram([nc, host, `${port}`])
    ana.type('oi, aqui é a Ana\n')
    await ana.says('oi, aqui é a Ana\n')
    await using rui = startProgram([nc, host, `${port}`])
    rui.type('oi, Ana\n')
    await ana.says('oi, Ana\n')

    rui.type(':bye\n')

    await ana.says(/\* 127\.0\.0\.1:\d+ left\n/)
    expect(rui.stdout).toBe('oi, Ana\n')
  })

  it('speaks the language of the environment', async () => {
    await using program = start({ FUND_LANG: 'pt_BR.UTF-8' })
    const address = await program.listens()
    await using ana = await connect(address)
    await ana.sendAll('oi\n')
    expect(String(await ana.recv())).toBe('oi\n')
    const rui = await connect(address)
    const name = formatAddress(rui.local)

    await rui.close()

    expect(String(await ana.recv())).toBe(`* ${name} saiu\n`)
  })

  it('ends with 0 at SIGTERM, and nobody is told that everybody leaves', async () => {
    await using program = start()
    const address = await program.listens()
    const clients = await Promise.all([1, 2, 3].map(() => connect(address)))
    for (const client of clients) await client.sendAll('oi\n')
    for (const client of clients) expect(String(await client.recv())).toContain('oi\n') // so it is in the room

    program.signal('SIGTERM')

    for (const client of clients) expect(String(await readAll(client)).replaceAll('oi\n', '')).toBe('')
    for (const client of clients) await client.close()
    expect(await program.ends()).toBe(0)
    expect(program.stderr).not.toContain('    at ')
  })
})

async function readAll(client: Connection): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (let chunk = await client.recv(); chunk; chunk = await client.recv()) chunks.push(chunk)
  return Buffer.concat(chunks)
}
