import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '@fund/net-core'
import {
  freePort,
  type ProgramProcess,
  requiresProgram,
  type Skippable,
  startProgram,
  until,
} from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { start } from '../testing/start.ts'
import { type TempFolder, tempFolder } from '../testing/temp-folder.ts'

/** The example as it stands, with other ports in it. */
function example(name: string, ports: Readonly<Record<number, number>>): string {
  let text = readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8')
  for (const [port, other] of Object.entries(ports)) text = text.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${other}`)
  return text
}

/** A certificate for localhost, as the examples make it. */
function certify(openssl: string, folder: string): void {
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost'
  const name = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', 'key.pem', '-out', 'cert.pem']
  execFileSync(openssl, [...words.split(' '), ...name], { cwd: folder, stdio: 'ignore' })
  const both = readFileSync(join(folder, 'cert.pem'), 'utf8') + readFileSync(join(folder, 'key.pem'), 'utf8')
  writeFileSync(join(folder, 'both.pem'), both)
}

interface Proxied extends AsyncDisposable {
  readonly servers: readonly ProgramProcess[]
  readonly scratch: TempFolder
  /** What curl says, asked for a path by way of the proxy. */
  curl(path: string, ...words: string[]): Promise<string>
}

const text = 'behind a proxy\n'.repeat(100)

/** Two servers of one folder, and the proxy of an example in front of them. */
async function open(
  context: Skippable,
  proxy: 'nginx' | 'haproxy',
  config: string,
  command: (program: string) => string[],
): Promise<Proxied> {
  const [program, curl, openssl] = [proxy, 'curl', 'openssl'].map((name) => requiresProgram(context, name)) as [
    string,
    string,
    string,
  ]
  const stack = new AsyncDisposableStack()
  const scratch = stack.use(tempFolder({ 'page/index.html': 'index', 'page/a.txt': text }))
  const servers = [0, 1].map(() => stack.use(start(['--dir', join(scratch.path, 'page')])))
  const [one, two] = await Promise.all(servers.map((server) => server.listens()))
  const front = await freePort()
  certify(openssl, scratch.path)
  mkdirSync(join(scratch.path, 'temp'))
  writeFileSync(
    join(scratch.path, config),
    example(config, { 9090: one?.port ?? 0, 9091: two?.port ?? 0, 8443: front }),
  )
  const running = stack.use(startProgram(command(program), { cwd: scratch.path }))
  await until(`${proxy} listens: ${running.stderr}`, async () => {
    try {
      await using _client = await connect({ host: '127.0.0.1', port: front })
      return true
    } catch {
      return false
    }
  })
  return {
    servers,
    scratch,
    async curl(path, ...words) {
      const ca = join(scratch.path, 'cert.pem')
      const url = `https://localhost:${front}${path}`
      const to = ['--resolve', `localhost:${front}:127.0.0.1`, '--noproxy', '*']
      await using asked = startProgram([curl, '--silent', '--show-error', '--cacert', ca, ...to, ...words, url])
      const code = await asked.ends()
      if (code !== 0) throw new Error(`curl ended with ${code}: ${asked.stderr}${running.stderr}`)
      return asked.stdout
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe.each([
  ['nginx', 'nginx.conf', (program: string) => [program, '-p', '.', '-c', 'nginx.conf', '-e', 'stderr']],
  ['haproxy', 'haproxy.cfg', (program: string) => [program, '-f', 'haproxy.cfg']],
] as const)('behind %s', (proxy, config, command) => {
  it('is reached by TLS, in HTTP/1.1 and in HTTP/2', async (context) => {
    await using site = await open(context, proxy, config, command)

    expect(await site.curl('/a.txt', '--http1.1')).toBe(text)
    expect(await site.curl('/', '--http2', '--write-out', ' %{http_version} %{http_code}')).toBe('index 2 200')
    expect(await site.curl('/a.txt', '--range', '0-5', '--write-out', ' %{http_code}')).toBe('behind 206')
    expect(await site.curl('/nothing', '--head')).toMatch(/^HTTP\/2 404/)
    const etag = /^etag: (.*)\r$/im.exec(await site.curl('/a.txt', '--head'))?.[1] ?? ''
    expect(await site.curl('/a.txt', '--header', `If-None-Match: ${etag}`, '--write-out', '%{http_code}')).toBe('304')
  })

  it('shares the work between two servers, and goes on when one has ended', async (context) => {
    await using site = await open(context, proxy, config, command)
    const [one, two] = site.servers
    for (let round = 0; round < 4; round += 1) await site.curl(`/a.txt?${round}`)

    for (const server of site.servers) await server.says(/200 GET \/a\.txt\?\d /)
    one?.signal('SIGTERM')
    await one?.ends()
    for (let round = 4; round < 10; round += 1) expect(await site.curl(`/a.txt?${round}`)).toBe(text)
    await two?.says('200 GET /a.txt?9 ')
  })
})
