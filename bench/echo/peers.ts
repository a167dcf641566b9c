import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '../compile.ts'
import { firstLineOf, python } from '../machine.ts'

/** An echo server that can be measured. Every one takes port 0 and says on its ready line which it got. */
export interface EchoPeer {
  readonly name: string
  readonly title: string
  readonly family: 'ours' | 'node' | 'python' | 'c'
  /** Seconds of load before the window opens: a JIT needs a second, an interpreter only has to get going. */
  readonly warmupSeconds: number
  /** Neither it nor its load is held on a core: what it does with several is the point. */
  readonly isFree?: boolean
  command(): string[]
  /** Why it cannot run here, if so. */
  missing(): string | undefined
}

/** Everything is told as a ratio to this one. */
export const yardstick = 'node-net'

const JIT_SECONDS = 1
const NO_JIT_SECONDS = 0.4
const programs = join(import.meta.dirname, '../peers/echo')
const fundEcho = join(import.meta.dirname, '../../packages/echo/src/bin.ts')
const netCore = join(import.meta.dirname, '../../packages/net-core/src/index.ts')

export const echoPeers: readonly EchoPeer[] = [
  ours('fund-echo', 'fund-echo, recv(4096)', fundEcho, [fundEcho, '0', '--quiet']),
  ours('fund-echo-64k', 'fund-echo --recv 65536', fundEcho, [fundEcho, '0', '--quiet', '--recv', '65536']),
  ours('on-chunk', 'net-core onChunk', netCore, [join(programs, 'on-chunk.ts'), '0']),
  {
    name: yardstick,
    title: 'node:net, bare',
    family: 'node',
    warmupSeconds: JIT_SECONDS,
    command: () => [process.execPath, join(programs, 'node-net.ts'), '0'],
    missing: () => undefined,
  },
  pythonPeer('python-threads', 'CPython threads', ['python_threads.py'], { isFree: true }),
  pythonPeer('python-threads-1', 'CPython threads, 1 core', ['python_threads.py']),
  pythonPeer('asyncio', 'asyncio', ['python_asyncio.py']),
  pythonPeer('uvloop', 'uvloop', ['python_asyncio.py', '--uvloop'], { module: 'uvloop', debian: 'python3-uvloop' }),
  {
    name: 'c-epoll',
    title: 'C, epoll',
    family: 'c',
    warmupSeconds: NO_JIT_SECONDS,
    command: () => [compile('peers/echo/epoll.c'), '0'],
    missing: () => undefined,
  },
]

function ours(name: string, title: string, needs: string, args: string[]): EchoPeer {
  return {
    name,
    title,
    family: 'ours',
    warmupSeconds: JIT_SECONDS,
    command: () => [process.execPath, ...args],
    missing: () => (existsSync(needs) ? undefined : `${needs} is not there`),
  }
}

function pythonPeer(
  name: string,
  title: string,
  args: string[],
  { module = 'asyncio', debian = 'python3', isFree = false } = {},
): EchoPeer {
  const [file, ...rest] = args
  return {
    name,
    title,
    family: 'python',
    warmupSeconds: NO_JIT_SECONDS,
    isFree,
    command: () => [python, join(programs, file as string), ...rest, '0'],
    missing: () =>
      firstLineOf(python, '-c', `import ${module}; print()`) === undefined
        ? `${python} cannot import ${module} (on Debian and Ubuntu: apt-get install ${debian})`
        : undefined,
  }
}
