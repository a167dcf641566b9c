import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Address, connect } from '@fund/net-core'
import { type ProgramProcess, startProgram } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

function start(args: readonly string[], env: Record<string, string> = {}): ProgramProcess {
  const plain = { FUND_LANG: 'en', NO_COLOR: '1', INIT_CWD: undefined, ...env }
  return startProgram([process.execPath, bin, '0', ...args], { env: plain, cwd: tmpdir() })
}

describe('fund-tiny-http', () => {
  it('gives the files of the folder it is told, seen from where the person typed it', async () => {
    using folder = tempFolder()
    await using whole = start(['--dir', folder.path])
    await using relative = start(['--dir', basename(folder.path)], { INIT_CWD: dirname(folder.path) })
    await using where = start([], { INIT_CWD: folder.path })

    for (const program of [whole, relative, where]) {
      expect(await get(await program.listens(), '/a.txt')).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nfound\n$/)
    }
  })

  it('says what it hears, and what it sends', async () => {
    using folder = tempFolder()
    await using program = start(['--dir', folder.path])

    await get(await program.listens(), '/a.txt')

    await program.says(/^Message: "GET \/a\.txt HTTP\/1\.1\\r\\n/m)
    await program.says(/^Sent: "found\\n" \(6 bytes\)/m)
  })

  it('answers one after the other, and ends with 0 at SIGTERM', async () => {
    await using program = start(['--quiet'])
    const address = await program.listens()

    for (let round = 0; round < 3; round += 1) expect(await get(address, '/no')).toContain('HTTP/1.1 404 Not Found')
    await using silent = await connect(address)
    program.signal('SIGTERM')

    expect(await silent.recv()).toBe(null)
    await silent.close()
    expect(await program.ends()).toBe(0)
    expect(program.stderr).not.toContain('    at ')
  })

  it.each([
    ['en', 'There is no folder'],
    ['pt', 'Não existe a pasta'],
  ])('refuses a folder that is none (%s)', async (language, sentence) => {
    using folder = tempFolder()
    const file = join(folder.path, 'a.txt')
    const paths = [join(folder.path, 'none'), file, join(file, 'below')]
    const programs = paths.map((path) => start(['--dir', path], { FUND_LANG: language }))

    for (const [at, program] of programs.entries()) {
      expect(await program.ends()).toBe(2)
      expect(program.stderr).toContain(`${sentence} ${paths[at]}\n`)
      expect(program.stdout).toBe('')
    }
  })
})

function tempFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'fund-tiny-http-'))
  writeFileSync(join(path, 'a.txt'), 'found\n')
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

async function get(address: Address, path: string): Promise<string> {
  await using client = await connect(address)
  await client.sendAll(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  const chunks: Uint8Array[] = []
  for (let chunk = await client.recv(); chunk; chunk = await client.recv()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
