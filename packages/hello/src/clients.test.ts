import { fileURLToPath } from 'node:url'
import { requiresProgram, startProgram } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

const clients: [name: string, command: (host: string, port: string) => string[]][] = [
  ['nc.openbsd', (host, port) => ['nc.openbsd', host, port]],
  ['nc.openbsd -d', (host, port) => ['nc.openbsd', '-d', host, port]],
  ['nc.traditional', (host, port) => ['nc.traditional', host, port]],
  ['ncat', (host, port) => ['ncat', host, port]],
  ['socat', (host, port) => ['socat', '-', `TCP:${host}:${port}`]],
  ['telnet', (host, port) => ['telnet', host, port]],
  ['bash', (host, port) => ['bash', '-c', 'cat < "/dev/tcp/$0/$1"', host, port]],
  ['curl', (host, port) => ['curl', '-sN', `telnet://${host}:${port}`]],
]

/** After the greeting these wait for more to be typed; fund-hello does not wait for them. */
const staying = ['nc.openbsd', 'ncat', 'curl']

describe('fund-hello', () => {
  it.for(clients)('greets %s, and ends', async ([name, command], context) => {
    const env = { FUND_LANG: 'en', NO_COLOR: '1', npm_lifecycle_event: undefined }
    await using server = startProgram([process.execPath, bin, '0'], { env })
    const { host, port } = await server.listens()
    const [program = '', ...args] = command(host, `${port}`)

    await using client = startProgram([requiresProgram(context, program), ...args])

    await client.says(/(^|\n)Hello, World!\n$/)
    expect(await server.ends()).toBe(0)
    if (!staying.includes(name)) await client.ends()
  })
})
