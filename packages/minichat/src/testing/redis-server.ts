import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, NetError } from '@fund/net-core'
import {
  freePort,
  type ProgramProcess,
  requiresProgram,
  type Skippable,
  startProgram,
  until,
} from '@fund/net-core/testing'

/** A broker of a test's own: Debian's redis-server on a free port, with its log in a folder that goes with it. */
export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #command: readonly string[]
  readonly #folder: string
  readonly #options: readonly string[]
  #process: ProgramProcess | undefined

  /** Starts it, and resolves when it answers. */
  static async start(
    context: Skippable,
    options: readonly string[] = [],
    { disk }: { /** The size of a disk of its own, such as `8m`. */ readonly disk?: string } = {},
  ): Promise<RedisServer> {
    const program = requiresProgram(context, 'redis-server')
    const folder = await mkdtemp(join(tmpdir(), 'minichat-redis-'))
    const server = new RedisServer([...onDisk(context, folder, disk), program], folder, await freePort(), options)
    await server.start()
    return server
  }

  private constructor(command: readonly string[], folder: string, port: number, options: readonly string[]) {
    this.#command = command
    this.#folder = folder
    this.port = port
    this.#options = options
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#process?.pid ?? -1
  }

  /** Its folder, as it sees it: on a disk of its own, nobody else does. */
  get folder(): string {
    return `/proc/${this.pid}/root${this.#folder}`
  }

  /** Starts it again, on its port and with the log it left. */
  async start(): Promise<void> {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes']
    this.#process = startProgram([...this.#command, ...words, '--dir', this.#folder, ...this.#options])
    await until('redis-server answers', async () => (await this.ask('PING').catch(notYet)).startsWith('+PONG'), 8_000)
  }

  /** Kills it with SIGKILL: what a power cut does to a process. */
  async kill(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]()
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.signal(name)
  }

  /** Asks one thing, past every client, and gives the first bytes of the answer as they came. */
  async ask(...words: readonly (string | Buffer)[]): Promise<string> {
    await using connection = await connect({ host: '127.0.0.1', port: this.port })
    const parts = words.map((word) =>
      [`$${Buffer.byteLength(word)}\r\n`, word, '\r\n'].map((part) => Buffer.from(part)),
    )
    await connection.sendAll(Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts.flat()]))
    return String(await connection.recv(65_536, { timeout: 2_000 }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process?.signal('SIGCONT')
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** What to put before a command so that it sees a small disk in a folder. */
function onDisk(context: Skippable, folder: string, size: string | undefined): string[] {
  if (size === undefined) return []
  const unshare = requiresProgram(context, 'unshare')
  return [
    unshare,
    '-rm',
    'sh',
    '-c',
    'mount -t tmpfs -o size="$2" disk "$1" && shift 2 && exec "$@"',
    'sh',
    folder,
    size,
  ]
}

function notYet(error: unknown): string {
  if (error instanceof NetError) return ''
  throw error
}
