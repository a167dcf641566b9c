import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildFolder } from '../compile.ts'
import { firstLineOf, python } from '../machine.ts'

/** A server of files that can be measured. None of them says alike that it is ready: it is asked until it answers. */
export interface FilesPeer {
  readonly name: string
  readonly title: string
  readonly family: 'ours' | 'node' | 'python' | 'nginx'
  command(folder: string, port: number): string[]
  /** Why it cannot run here, if so. */
  missing(): string | undefined
}

/** Everything is told as a ratio to this one. */
export const yardstick = 'create-read-stream'

const tinyHttp = join(import.meta.dirname, '../../packages/tiny-http/src/bin.ts')
const stream = join(import.meta.dirname, '../peers/files/create-read-stream.ts')

export const filesPeers: readonly FilesPeer[] = [
  ours('tiny-http', 'tiny-http, a stat each time', []),
  ours('tiny-http-trust', 'tiny-http --trust 1000', ['--trust', '1000']),
  {
    name: yardstick,
    title: 'node:http, createReadStream',
    family: 'node',
    command: (folder, port) => [process.execPath, stream, folder, String(port)],
    missing: () => undefined,
  },
  nginx('nginx', 'nginx, 1 worker, sendfile', ''),
  nginx('nginx-cache', 'nginx, open_file_cache 1 s', 'open_file_cache max=1000; open_file_cache_valid 1s;'),
  npm('sirv', 'sirv-cli', 'sirv-cli@3.0.1', 'sirv-cli/bin.js', (folder, port) => [
    ...[folder, '--port', port, '--host', '127.0.0.1', '--quiet'],
  ]),
  npm('serve', 'serve', 'serve@14.2.7', 'serve/build/main.js', (folder, port) => [
    ...['--listen', `tcp://127.0.0.1:${port}`, '--no-request-logging', '--no-clipboard', folder],
  ]),
  npm('http-server', 'http-server', 'http-server@14.1.1', 'http-server/bin/http-server', (folder, port) => [
    ...[folder, '-p', port, '-a', '127.0.0.1', '--silent'],
  ]),
  {
    name: 'python',
    title: 'python3 -m http.server',
    family: 'python',
    command: (folder, port) => [
      python,
      '-m',
      'http.server',
      String(port),
      '--bind',
      '127.0.0.1',
      '--directory',
      folder,
    ],
    missing: () => (firstLineOf(python, '--version') === undefined ? `${python} is missing` : undefined),
  },
]

function ours(name: string, title: string, options: string[]): FilesPeer {
  return {
    name,
    title,
    family: 'ours',
    command: (folder, port) => [process.execPath, tinyHttp, String(port), '--dir', folder, '--quiet', ...options],
    missing: () => (existsSync(tinyHttp) ? undefined : `${tinyHttp} is not there`),
  }
}

function nginx(name: string, title: string, more: string): FilesPeer {
  return {
    name,
    title,
    family: 'nginx',
    command: (folder, port) => {
      const prefix = join(buildFolder, name)
      mkdirSync(prefix, { recursive: true })
      writeFileSync(join(prefix, 'nginx.conf'), nginxConfiguration(folder, port, more))
      return ['nginx', '-p', prefix, '-c', 'nginx.conf', '-e', 'stderr']
    },
    // It says its version on stderr, and -v succeeds.
    missing: () => (spawnSync('nginx', ['-v']).status === 0 ? undefined : 'nginx is missing (Debian: nginx-light)'),
  }
}

function nginxConfiguration(folder: string, port: number, more: string): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)
  return `daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  types { text/plain txt; } default_type application/octet-stream;
  ${temp.join(' ')} ${more}
  server { listen 127.0.0.1:${port} backlog=511; root ${folder}; }
}
`
}

/** A peer from the registry, installed where no lockfile sees it, once. */
function npm(
  name: string,
  title: string,
  version: string,
  file: string,
  words: (folder: string, port: string) => string[],
): FilesPeer {
  const cache = join(import.meta.dirname, '../../node_modules/.cache/bench-peers', name)
  const program = join(cache, 'node_modules', file)
  return {
    name,
    title: `${title} ${version.split('@')[1]}`,
    family: 'node',
    command: (folder, port) => [process.execPath, program, ...words(folder, String(port))],
    missing: () => {
      if (existsSync(program)) return undefined
      mkdirSync(cache, { recursive: true })
      const flags = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error']
      const { status, stderr } = spawnSync('npm', ['install', '--prefix', cache, ...flags, version], {
        encoding: 'utf8',
      })
      return status === 0 ? undefined : `npm cannot install ${version}: ${stderr?.trim() ?? 'npm is missing'}`
    },
  }
}
