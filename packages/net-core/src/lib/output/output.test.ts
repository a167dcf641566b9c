import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, type TestContext } from 'vitest'
import { lacking, requiresProgram } from '../../testing/requires.ts'
import { until } from '../../testing/until.ts'

const program = fileURLToPath(new URL('../../testing/programs/writing.ts', import.meta.url))
/** In turns of 100 lines, 6,400 bytes: more than the system and the queue hold, and less than the queue alone. */
const flood = 200
const trickle = 40

/** What the program's stdout is, as a shell command around it. Whatever it writes ends at a socket that the test reads. */
const kinds = {
  socket: 'exec "$0" "$1" $MODE',
  pipe: '"$0" "$1" $MODE | cat',
  terminal: 'exec script -qec "$0 $1 $MODE 2>&3" /dev/null 3>&2',
} as const

class Writing implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #said: string[] = []
  #stdout = ''
  #hasEnded = false

  constructor(child: ChildProcess) {
    this.#child = child
    child.stderr?.on('data', (data: Buffer) => this.#said.push(...String(data).trim().split('\n')))
    child.on('close', () => {
      this.#hasEnded = true
    })
  }

  /** What came out at the other end, as far as it was read. */
  get stdout(): string {
    return this.#stdout.replaceAll('\r', '')
  }

  get pid(): number {
    return Number(this.#said[0])
  }

  async says(word: string): Promise<void> {
    await until(`the program says ${word}`, () => this.#said.includes(`"${word}"`), 9_000)
  }

  async terminate(): Promise<void> {
    await until('the program says its id', () => this.#said.length > 0)
    process.kill(this.pid, 'SIGTERM')
  }

  read(): void {
    this.#child.stdout?.on('data', (data: Buffer) => {
      this.#stdout += data
    })
  }

  async ends(): Promise<void> {
    await until('the program ends', () => this.#hasEnded, 9_000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.read()
    if (!this.#hasEnded) process.kill(-(this.#child.pid as number), 'SIGKILL') // the shell's children with it
    await this.ends()
  }
}

function start(
  command: string,
  { mode = flood as number | 'exit' | 'leave', stdout = 'pipe' as 'pipe' | number } = {},
): Writing {
  const env = { ...process.env, MODE: `${mode}`, NODE_OPTIONS: '' }
  const args = ['-c', command, process.execPath, program]
  return new Writing(spawn('sh', args, { env, detached: true, stdio: ['ignore', stdout, 'pipe'] }))
}

const each = Object.entries(kinds)

function needs(context: TestContext, kind: string): void {
  requiresProgram(context, 'sh')
  if (kind === 'terminal') requiresProgram(context, 'script')
  if (kind.includes('/dev/full') && !existsSync('/dev/full')) lacking(context, 'needs /dev/full')
}

describe.concurrent('openOutput', () => {
  it.for(each)('lets the program go on while nobody reads its %s, and end', async ([kind, command], context) => {
    needs(context, kind)
    await using writing = start(command)
    await writing.says('written')
    await writing.terminate()
    await writing.says('closed')
    if (kind === 'socket') await writing.ends() // cat and script go on waiting for their own reader
  })

  it.for(each)(
    'keeps the first lines of a %s that is read late, and says how many are missing',
    async ([kind, command], context) => {
      needs(context, kind)
      await using writing = start(command)
      await writing.says('written')
      writing.read()
      await until('the gap is told', () => writing.stdout.includes('Left out here'))
      await writing.terminate()
      await writing.ends()

      // Each line is the next number, or says how many numbers are missing: none is lost without a word.
      let next = 0
      let beforeGap = 0
      for (const line of writing.stdout.trimEnd().split('\n')) {
        const left = /^Left out here: (\d+) lines? that nobody read in time$/.exec(line)?.[1]
        if (left === undefined) expect(Number(line)).toBe(next)
        else beforeGap ||= next
        next += left === undefined ? 1 : Number(left)
      }
      expect(next).toBe(flood * 100)
      expect(beforeGap * 64).toBeGreaterThan(250_000)
    },
  )

  it.for(each)('gives a reader of a %s everything, at its own pace', async ([kind, command], context) => {
    needs(context, kind)
    await using writing = start(command, { mode: trickle })
    await writing.says('written')
    writing.read()
    const numbers = Array.from({ length: trickle * 100 }, (_, line) => line)
    await until('all is read', () => writing.stdout.includes(`${numbers.length - 1}\n`))
    await writing.terminate()
    await writing.ends()
    expect(writing.stdout.trimEnd().split('\n').map(Number)).toEqual(numbers)
  })

  it.for(each)('gives a reader everything of a %s that it may not open once more', async ([kind, command], context) => {
    needs(context, kind)
    if (process.getuid?.() !== 0) lacking(context, 'needs root, to run the program as somebody else')
    await using writing = start(`export WITHOUT_RIGHTS=1; ${command}`, { mode: trickle })
    await writing.says('written')
    writing.read()
    await until('all is read', () => writing.stdout.includes(`${trickle * 100 - 1}\n`))
    await writing.terminate()
    await writing.ends()
    expect(writing.stdout.trimEnd().split('\n')).toHaveLength(trickle * 100)
  })

  it.for([
    ['the reader leaves at once', '"$0" "$1" $MODE | head -0'],
    ['the reader leaves after a line', '"$0" "$1" $MODE | head -1'],
    ['stdout is closed', 'exec "$0" "$1" $MODE >&-'],
    ['the disk is full', 'exec "$0" "$1" $MODE >/dev/full'],
  ])('goes on when %s', async ([_when, command = ''], context) => {
    needs(context, command)
    await using writing = start(command)
    await writing.says('written')
    await writing.terminate()
    await writing.says('closed')
    await writing.ends()
  })

  it('writes everything to a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fund-output-'))
    const path = join(folder, 'out.txt')
    const file = openSync(path, 'w')
    try {
      await using writing = start(kinds.socket, { stdout: file })
      await writing.says('written')
      await writing.terminate()
      await writing.ends()
      expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(flood * 100)
    } finally {
      closeSync(file)
      rmSync(folder, { recursive: true })
    }
  })

  it.for(each)(
    'writes to a %s what is there when the program exits without a close',
    async ([kind, command], context) => {
      needs(context, kind)
      await using writing = start(command, { mode: 'exit' })
      writing.read()
      await writing.ends()
      expect(writing.stdout).toBe('one\ntwo\ntrês\n')
    },
  )

  it('keeps no program from ending whose lines nobody reads', async (context) => {
    needs(context, 'socket')
    await using writing = start(kinds.socket, { mode: 'leave' })
    await writing.ends()
  })

  it('leaves the pipe that it shares with the shell in blocking mode', async (context) => {
    if (process.platform !== 'linux') lacking(context, 'looks into /proc, which only Linux has')
    await using writing = start(kinds.pipe)
    writing.read()
    await writing.says('written')
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${writing.pid}/fdinfo/1`, 'utf8'))?.[1]
    expect(Number.parseInt(flags ?? '', 8) & constants.O_NONBLOCK).toBe(0)
  })
})
