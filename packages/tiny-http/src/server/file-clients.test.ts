import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { requiresProgram, startProgram } from '@fund/net-core/testing'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../testing/temp-folder.ts'
import type { Handler } from './message.ts'
import { type Server, serve } from './server.ts'
import { files } from './static.ts'

const big = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7 + (at >> 8)) % 251))

interface Site extends AsyncDisposable {
  readonly url: string
  /** Where files may be put that are not served. */
  readonly scratch: string
  /** What was asked for and answered: `206 GET /a.wav bytes=0-`. */
  readonly log: readonly string[]
}

async function open(content: Readonly<Record<string, string | Uint8Array>>): Promise<Site> {
  const folder = tempFolder(Object.fromEntries(Object.entries(content).map(([name, bytes]) => [`site/${name}`, bytes])))
  const log: string[] = []
  const handler = files(join(folder.path, 'site'))
  const recorded: Handler = async (request) => {
    const response = await handler(request)
    log.push(`${response.status} ${request.method} ${request.target} ${request.headers.get('range') ?? ''}`.trim())
    return response
  }
  const server: Server = await serve(recorded)
  return {
    url: server.url,
    scratch: folder.path,
    log,
    async [Symbol.asyncDispose]() {
      await server.close({ deadline: 1_000 })
      folder[Symbol.dispose]()
    },
  }
}

/** Runs a program to its end, and gives what it said. */
async function run(command: readonly string[], cwd: string): Promise<string> {
  await using program = startProgram(command, { cwd, env: { no_proxy: '*', LC_ALL: 'C' } })
  const code = await program.ends()
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${program.stderr}`)
  return program.stdout
}

/** Sound without a sound, which every browser can play: 8 bits of nothing, 8000 times a second. */
function silence(seconds: number): Buffer {
  const length = seconds * 8_000
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(8_000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(length, 40)
  return Buffer.concat([head, Buffer.alloc(length, 128)])
}

describe('files, real clients', () => {
  it('gives curl a file, the rest of one, and nothing twice', async (context) => {
    const curl = [requiresProgram(context, 'curl'), '--silent', '--show-error', '--noproxy', '*']
    await using site = await open({ 'big.bin': big, 'olá mundo.txt': 'olá\n' })
    const copy = join(site.scratch, 'copy.bin')

    expect(await run([...curl, `${site.url}ol%C3%A1%20mundo.txt`], site.scratch)).toBe('olá\n')
    await run([...curl, '--output', 'copy.bin', `${site.url}big.bin`], site.scratch)
    expect(readFileSync(copy).equals(big)).toBe(true)
    truncateSync(copy, 1_000_000)
    await run([...curl, '--continue-at', '-', '--output', 'copy.bin', `${site.url}big.bin`], site.scratch)
    expect(readFileSync(copy).equals(big)).toBe(true)
    expect(site.log.at(-1)).toBe('206 GET /big.bin bytes=1000000-')

    const etag = [
      '--etag-save',
      'etag',
      '--etag-compare',
      'etag',
      '--output',
      'copy.bin',
      '--write-out',
      '%{http_code}',
    ]
    writeFileSync(join(site.scratch, 'etag'), '')
    expect(await run([...curl, ...etag, `${site.url}big.bin`], site.scratch)).toBe('200')
    expect(await run([...curl, ...etag, `${site.url}big.bin`], site.scratch)).toBe('304')
    const since = [
      '--time-cond',
      'Mon, 01 Jan 2024 00:00:00 GMT',
      '--write-out',
      '%{http_code}',
      '--output',
      '/dev/null',
    ]
    expect(await run([...curl, ...since, `${site.url}big.bin`], site.scratch)).toBe('304')
  })

  it('gives curl the packed file, which it unpacks', async (context) => {
    const curl = requiresProgram(context, 'curl')
    const script = 'let packed = true\n'.repeat(50)
    await using site = await open({ 'a.js': script, 'a.js.br': brotliCompressSync(script) })
    const words = ['--silent', '--noproxy', '*', '--compressed', '--write-out', '\n%{size_download}', `${site.url}a.js`]
    const [body, size] = (await run([curl, ...words], site.scratch)).split('\n\n')

    expect(`${body}\n`).toBe(script)
    expect(Number(size)).toBeLessThan(100)
  })

  it('lets wget resume, and copy a whole folder by its lists', async (context) => {
    const wget = [requiresProgram(context, 'wget'), '--quiet', '--no-proxy']
    await using site = await open({
      'big.bin': big,
      'sub/um & dois.txt': '1',
      'sub/olá/<x>.txt': '2',
      'sub/.hidden': 'h',
    })

    writeFileSync(join(site.scratch, 'big.bin'), big.subarray(0, 2_000_000))
    await run([...wget, '--continue', `${site.url}big.bin`], site.scratch)
    expect(readFileSync(join(site.scratch, 'big.bin')).equals(big)).toBe(true)

    const mirror = ['--recursive', '--no-parent', '--no-host-directories', '--directory-prefix', 'copy']
    const names = ['--restrict-file-names=nocontrol', '--reject', 'index.html*', `${site.url}sub/`]
    await run([...wget, ...mirror, ...names], site.scratch)
    expect(readFileSync(join(site.scratch, 'copy/sub/um & dois.txt'), 'utf8')).toBe('1')
    expect(readFileSync(join(site.scratch, 'copy/sub/olá/<x>.txt'), 'utf8')).toBe('2')
    expect(site.log.filter((line) => line.includes('hidden'))).toEqual([])
  })

  it('answers ab without a failure, with keep-alive and without', async (context) => {
    const ab = requiresProgram(context, 'ab')
    await using site = await open({ 'a.txt': 'x'.repeat(1_000) })

    for (const words of [['-k'], []]) {
      const said = await run([ab, '-q', '-n', '500', '-c', '10', ...words, `${site.url}a.txt`], site.scratch)
      expect(said).toMatch(/^Complete requests: +500$/m)
      expect(said).toMatch(/^Failed requests: +0$/m)
      expect(said).not.toContain('Non-2xx')
    }
  })

  it('shows Chromium a page with all that belongs to it, and lets a film be wound', async (context) => {
    const executablePath = requiresProgram(context, 'chromium')
    const image = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"><rect width="7" height="5"/></svg>'
    await using site = await open({
      'index.html': `<!doctype html><html lang="pt-BR"><title>página</title><link rel="stylesheet" href="style.css">
<h1>Olá, coração</h1><img id="there" src="img/imagem.svg"><img id="missing" src="img/missing.png">
<video id="film" src="film.wav" preload="metadata"></video><script type="module" src="main.js"></script>`,
      'style.css': 'h1 { color: rgb(0, 128, 128) }',
      'main.js': "import { name } from './sub/name.mjs'\ndocument.title = name",
      'sub/name.mjs': "export const name = 'módulo'",
      'img/imagem.svg': image,
      'film.wav': silence(4_000),
    })
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const browser = await chromium.launch({ executablePath, args: [...args, '--no-proxy-server'] })
    await using _closing = { [Symbol.asyncDispose]: () => browser.close() }
    const page = await browser.newPage()
    await page.goto(site.url)

    await page.waitForFunction('document.title === "módulo"')
    const seen = await page.evaluate(`(async () => {
      const film = document.querySelector('#film')
      film.currentTime = 3600
      await new Promise((resolve, reject) => { film.onseeked = resolve; film.onerror = () => reject(film.error.message) })
      const heading = document.querySelector('h1')
      return {
        heading: heading.textContent,
        colour: getComputedStyle(heading).color,
        width: document.querySelector('#there').naturalWidth,
        missing: document.querySelector('#missing').naturalWidth,
        duration: film.duration,
      }
    })()`)
    expect(seen).toEqual({ heading: 'Olá, coração', colour: 'rgb(0, 128, 128)', width: 7, missing: 0, duration: 4_000 })
    expect(site.log).toContain('404 GET /img/missing.png')
    expect(site.log).toContain('206 GET /film.wav bytes=0-')
    expect(site.log.some((line) => /^206 GET \/film\.wav bytes=[1-9]\d+-/.test(line))).toBe(true)

    const before = site.log.length
    await page.reload()
    await page.waitForFunction('document.title === "módulo"')
    expect(site.log.slice(before)).toContain('304 GET /main.js') // no-cache: asked for again, and not sent again
  })
})
