import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { type ProgramProcess, startProgram } from './program-process.ts'
import { lacking, requiresProgram, type Skippable } from './requires.ts'
import { until } from './until.ts'

const CAP_NET_ADMIN = 12n
const CAP_SYS_ADMIN = 21n

/** A second host: a network of its own, with one cable to this machine. */
export interface SecondHost extends AsyncDisposable {
  /** The address by which the second host reaches this machine. */
  readonly ours: string
  /** The second host's own address. */
  readonly theirs: string
  /** The name of this machine's end of the cable, such as `fund4711-0`. */
  readonly interface: string
  /** Starts a program on the second host; the test disposes of it. */
  run(command: readonly string[]): ProgramProcess
}

let made = 0

/**
 * Makes a second host out of a network namespace; skips the test where that cannot be done. The namespace has no name:
 * it belongs to a process, and when that process ends, disposed of or because the test was killed, namespace and cable
 * are gone.
 *
 * @example
 * ```ts
 * import { networkNamespace } from '@fund/net-core/testing'
 *
 * const context = { skip: () => process.exit(0) } // a test gets its own from vitest
 * await using host = await networkNamespace(context)
 * await using ping = host.run(['sh', '-c', 'ip -4 -o addr show scope global'])
 * await ping.ends()
 * console.log(ping.stdout.includes(host.theirs)) // true
 * ```
 */
export async function networkNamespace(context: Skippable): Promise<SecondHost> {
  if (process.platform !== 'linux') lacking(context, 'needs the network namespaces of Linux')
  const ip = requiresProgram(context, 'ip')
  const unshare = requiresProgram(context, 'unshare')
  const nsenter = requiresProgram(context, 'nsenter')
  if (process.getuid?.() !== 0) lacking(context, 'needs root, to make a second host')
  if (!hasCapabilities(CAP_NET_ADMIN, CAP_SYS_ADMIN)) lacking(context, 'needs CAP_NET_ADMIN and CAP_SYS_ADMIN')

  const holder = startProgram([unshare, '--net', 'cat']) // `cat` ends when nobody holds the other end of its stdin
  try {
    await until('the second host has a network of its own', () => networkOf(holder.pid) !== networkOf(process.pid))
    const name = `fund${process.pid}-${made}`
    const [ours, theirs] = freeAddresses(ip)
    made += 1
    const inside = [nsenter, '-t', `${holder.pid}`, '-n']
    const setUp = [
      [ip, 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'fund', 'netns', `${holder.pid}`],
      [ip, 'addr', 'add', `${ours}/30`, 'dev', name],
      [ip, 'link', 'set', name, 'up'],
      [...inside, ip, 'addr', 'add', `${theirs}/30`, 'dev', 'fund'],
      [...inside, ip, 'link', 'set', 'fund', 'up'],
      [...inside, ip, 'link', 'set', 'lo', 'up'],
    ]
    for (const [file = '', ...args] of setUp) execFileSync(file, args, { stdio: 'pipe' })
    const isPlugged = (): boolean => networkInterfaces()[name]?.some(({ address }) => address === ours) ?? false
    await until('the cable is plugged in', isPlugged) // the system takes a moment to call it running
    return {
      ours,
      theirs,
      interface: name,
      run: (command) => startProgram([...inside, ...command]),
      async [Symbol.asyncDispose]() {
        try {
          execFileSync(ip, ['link', 'del', name], { stdio: 'pipe' }) // at once: a namespace takes its time to end
        } finally {
          await holder[Symbol.asyncDispose]()
        }
      },
    }
  } catch (error) {
    await holder[Symbol.asyncDispose]()
    throw error
  }
}

function networkOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/net`)
}

function hasCapabilities(...wanted: bigint[]): boolean {
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]}`)
  return wanted.every((capability) => ((effective >> capability) & 1n) === 1n)
}

/** Two addresses of a network of four, out of 198.18.0.0/15, which is set apart for tests; none that is in use here. */
function freeAddresses(ip: string): [string, string] {
  const inUse = execFileSync(ip, ['-4', '-o', 'addr', 'show'], { encoding: 'latin1' })
  for (let block = process.pid * 4 + made; ; block += 1) {
    const base = (block * 4) % (1 << 17)
    const [ours, theirs] = [1, 2].map((offset) => address(base + offset)) as [string, string]
    if (!inUse.includes(` ${ours}/`)) return [ours, theirs]
  }
}

function address(offset: number): string {
  return `198.${18 + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`
}
