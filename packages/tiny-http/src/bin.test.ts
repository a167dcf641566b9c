import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from '@fund/net-core'
import { startOnTerminal, startProgram, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { ask } from './testing/ask.ts'
import { start } from './testing/start.ts'
import { tempFolder } from './testing/temp-folder.ts'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
const site = { 'a.txt': 'found\n', 'sub/b.txt': '', 'index/index.html': 'index' }

describe('fund-tiny-http', () => {
  it('gives the files of the folder it is told, seen from where the person typed it, and names it', async () => {
    using folder = tempFolder(site)
    await using whole = start(['--dir', folder.path])
    await using relative = start(['--dir', basename(folder.path)], { INIT_CWD: dirname(folder.path) })
    await using where = start([], { INIT_CWD: folder.path })

    for (const program of [whole, relative, where]) {
      const address = await program.listens()
      const { status, body } = await ask(address, 'GET /a.txt HTTP/1.1')
      expect([status, body.toString()]).toEqual([200, 'found\n'])
      expect(program.stdout.split('\n')[0]).toBe(
        `Waiting for connections on 127.0.0.1:${address.port} (the files of ${folder.path})`,
      )
    }
  })

  it('logs what is asked for, and what became of it', async () => {
    using folder = tempFolder(site)
    await using program = start(['--dir', folder.path])
    const address = await program.listens()

    await ask(address, 'GET /a.txt HTTP/1.1')
    await ask(address, 'GET /no%0a HTTP/1.1')
    await ask(address, 'nonsense')

    await program.says(/^\d\d:\d\d:\d\d 127\.0\.0\.1 200 GET \/a\.txt 6 B \d+(\.\d)? ms$/m)
    await program.says(/^\d\d:\d\d:\d\d 127\.0\.0\.1 404 GET \/no%0a 14 B \S+ ms$/m)
    await program.says(/^\d\d:\d\d:\d\d 127\.0\.0\.1 400 - 16 B 0 ms$/m)
  })

  it('logs a download that was broken off', async () => {
    using folder = tempFolder({ 'big.bin': new Uint8Array(32 * 1024 * 1024) })
    await using program = start(['--dir', folder.path])
    const client = await connect(await program.listens())
    await client.sendAll('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await client.recv()
    client.abort()

    await program.says(/200 GET \/big\.bin .*, cut off$/m)
    expect(program.stderr).toBe('')
  })

  it('says one line only when it is to be quiet', async () => {
    using folder = tempFolder(site)
    await using program = start(['--dir', folder.path, '--quiet'])

    await ask(await program.listens(), 'GET /a.txt HTTP/1.1')
    program.signal('SIGTERM')

    expect(await program.ends()).toBe(0)
    expect(program.stdout).toMatch(/^Waiting for connections on .*\n$/)
  })

  it('tells what its sockets do when it is asked to', async () => {
    using folder = tempFolder(site)
    await using program = start(['--dir', folder.path, '--trace=plain'])

    await ask(await program.listens(), 'GET /a.txt HTTP/1.1')

    await program.says(/^Message: "GET \/a\.txt HTTP\/1\.1\\r\\n/m)
    expect(program.stdout).not.toContain('200 GET')
  })

  it('says how another machine reaches it', async () => {
    await using program = start(['--host', '0.0.0.0'])

    await program.says(/^From another machine: (http:\/\/[\d.]+:\d+\/ {2}\(\S+\)|not now)/m)
  })

  it('speaks Portuguese', async () => {
    using folder = tempFolder(site)
    await using program = start(['--dir', folder.path], { FUND_LANG: 'pt' })
    const { body } = await ask(await program.listens(), 'GET / HTTP/1.1')

    expect(program.stdout).toContain(`(os arquivos de ${folder.path})`)
    expect(body.toString()).toContain('<html lang="pt-BR">')
  })

  it('colours the log on a terminal, and only there', async (context) => {
    using folder = tempFolder(site)
    const command = [process.execPath, bin, '0', '--dir', folder.path, '--lang', 'en']
    await using terminal = await startOnTerminal(context, ['env', 'TERM=xterm', 'NO_COLOR=', ...command])
    await terminal.shows('Waiting for connections on ')
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(terminal.screen)?.[1])

    await ask({ host: '127.0.0.1', port }, 'GET /a.txt HTTP/1.1')

    await terminal.shows('\x1b[32m200\x1b[39m GET /a.txt')
  })

  it.each([
    ['leaves', 'exit'],
    ['does not read', 'sleep 20'],
  ])('serves on while whoever reads its log %s', async (_, then) => {
    using folder = tempFolder(site)
    const line = `'${process.execPath}' '${bin}' 0 --dir '${folder.path}' | { read -r ready; echo "$ready"; ${then}; }`
    await using program = startProgram(['sh', '-c', line], { env: { FUND_LANG: 'en', NO_COLOR: '1' } })
    await using client = await connect(await program.listens())
    const count = 3_000 // each is a line of 500 letters: more than a pipe and our queue hold
    const request = `GET /a.txt?${'x'.repeat(500)} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    const sending = client.sendAll(request.repeat(count))
    let text = ''
    for (let answers = 0; answers < count; answers = text.split('HTTP/1.1 200').length - 1) {
      text += Buffer.from((await client.recv()) ?? []).toString()
    }
    await sending

    expect(text.endsWith('found\n')).toBe(true)
  })

  it('does as its options say', async () => {
    using folder = tempFolder(site)
    await using silent = start(['--dir', folder.path, '--no-list'])
    await using app = start(['--dir', join(folder.path, 'index'), '--spa', '--cors', '--trust', '1000'])

    expect((await ask(await silent.listens(), 'GET /sub/ HTTP/1.1')).status).toBe(404)
    const { body, fields } = await ask(await app.listens(), 'GET /users/7 HTTP/1.1')
    expect([body.toString(), fields.get('access-control-allow-origin')]).toEqual(['index', '*'])
  })

  it('limits its clients as it is told', async () => {
    await using full = start(['--max-connections', '1', '--head-timeout', '60', '--idle-timeout', '60'])
    const address = await full.listens()
    await using first = await connect(address)
    await first.sendAll('GET / HT')
    expect((await ask(address, 'GET / HTTP/1.1')).status).toBe(503)

    await using hasty = start(['--head-timeout', '1'])
    await using slow = await connect(await hasty.listens())
    await slow.sendAll('GET / HT')
    expect(Buffer.from((await slow.recv(100, { timeout: 15_000 })) ?? []).toString()).toContain('HTTP/1.1 408 ')
  })

  it('runs the server that is to be read', async () => {
    using folder = tempFolder(site)
    await using program = start(['--plain', '--dir', folder.path])
    const { fields, body } = await ask(await program.listens(), 'GET /a.txt HTTP/1.1')

    expect([body.toString(), fields.has('etag')]).toEqual(['found\n', false])
    await program.says('Waiting for a message from')
  })

  it.each([
    [['--plain'], 0],
    [[], 0],
  ] as const)('ends at SIGTERM, with a client that says nothing (%j)', async (args, code) => {
    await using program = start([...args, '--quiet'])
    const address = await program.listens()
    await ask(address, 'GET /no HTTP/1.1')
    await using silent = await connect(address)
    program.signal('SIGTERM')

    expect(await silent.recv()).toBe(null)
    await silent.close()
    expect(await program.ends()).toBe(code)
    expect(program.stderr).not.toContain('    at ')
  })

  it('lets a download finish at the first SIGTERM, and breaks it off at the second', async () => {
    const size = 64 * 1024 * 1024
    using folder = tempFolder({ 'big.bin': new Uint8Array(size) })
    for (const isPatient of [true, false]) {
      await using program = start(['--dir', folder.path, '--quiet'])
      await using client = await connect(await program.listens())
      await client.sendAll('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
      let bytes = (await client.recv())?.length ?? 0
      program.signal('SIGTERM')
      await until('it stops', () => program.stderr.includes('Stopping'))
      if (!isPatient) program.signal('SIGTERM')
      const rest = (async () => {
        for (let chunk = await client.recv(); chunk; chunk = await client.recv()) bytes += chunk.length
        return bytes > size
      })()
      expect(await rest.catch(() => false)).toBe(isPatient)
      expect(await program.ends()).toBe(isPatient ? 0 : 130)
    }
  })

  it.each([
    ['en', 'There is no folder'],
    ['pt', 'Não existe a pasta'],
  ])('refuses a folder that is none (%s)', async (language, sentence) => {
    using folder = tempFolder(site)
    const file = join(folder.path, 'a.txt')
    const paths = [join(folder.path, 'none'), file, join(file, 'below')]
    const programs = paths.map((path) => start(['--dir', path], { FUND_LANG: language }))

    for (const [at, program] of programs.entries()) {
      expect(await program.ends()).toBe(2)
      expect(program.stderr).toContain(`${sentence} ${paths[at]}\n`)
      expect(program.stdout).toBe('')
    }
  })

  it.each([
    [['--plain', '--spa'], 'The options --plain and --spa do not go together'],
    [['--plain', '--max-connections', '3'], 'The options --plain and --max-connections do not go together'],
    [['--plain', '--head-timeout', '3'], 'The options --plain and --head-timeout do not go together'],
    [['--plain', '--idle-timeout', '3'], 'The options --plain and --idle-timeout do not go together'],
    [['--workers', '2', '--trace'], 'The options --trace and --workers do not go together'],
    [['--workers', '0'], 'Cannot use "0" for --workers'],
    [['--trust', 'x'], 'Cannot use "x" for --trust'],
    [['--list'], 'There is no option --list'],
  ])('refuses %j', async (args, sentence) => {
    await using program = start(args)

    expect(await program.ends()).toBe(2)
    expect(program.stderr).toContain(sentence)
    expect(program.stderr).toContain('Usage: fund-tiny-http [port]')
  })

  it('says who has the port, and which is free', async () => {
    await using first = start([])
    const { port } = await first.listens()
    for (const args of [[], ['--workers', '2']]) {
      await using second = start(args, {}, port)
      expect(await second.ends()).toBe(1)
      expect(second.stderr).toContain(`Cannot listen on 127.0.0.1:${port}: another program is already listening there`)
      expect(second.stderr).toMatch(/This one is free: .* \d+\n$/)
      expect(second.stderr).not.toContain('    at ')
    }
  })
})
