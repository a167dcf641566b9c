import { fileURLToPath } from 'node:url'
import { type ProgramProcess, requiresProgram, startProgram } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

describe('fund-echocaps', () => {
  it.for(['nc.openbsd', 'nc.traditional', 'ncat'])('answers ação with AÇÃO to %s', async (name, context) => {
    const netcat = requiresProgram(context, name)
    await using server = start()
    const { host, port } = await server.listens()
    await using client = startProgram([netcat, host, `${port}`])

    client.type('ação\n')
    await client.says(/^AÇÃO\n$/)
    client.type('\n')
    client.type('ß, ñ, 5 €\n')

    await client.says(/^AÇÃO\n\nSS, Ñ, 5 €\n$/)
  })

  it('gives the capital of a letter whose bytes come in two messages', async (context) => {
    const netcat = requiresProgram(context, 'nc.openbsd')
    await using server = start()
    const { host, port } = await server.listens()
    // ç is the bytes 303 and 247, in octal.
    const halves = '{ printf "a\\303"; read -r go <&3; printf "\\247\\303\\243o\\n"; }'
    const pipeline = `exec 3<&0; ${halves} | "$0" -N "$1" "$2"`
    await using client = startProgram(['sh', '-c', pipeline, netcat, host, `${port}`])
    await server.says('(2 bytes)\n')
    await client.says(/^A$/) // the half letter is kept until the rest has come

    client.type('go\n')

    expect(await client.ends()).toBe(0)
    expect(client.stdout).toBe('AÇÃO\n')
    expect(server.stdout).toContain('(5 bytes)\n')
  })
})

function start(): ProgramProcess {
  const env = { FUND_LANG: 'en', NO_COLOR: '1', npm_lifecycle_event: undefined }
  return startProgram([process.execPath, bin, '0'], { env })
}
