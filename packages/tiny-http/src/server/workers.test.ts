import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, connect } from '@fund/net-core'
import { lacking, type ProgramProcess, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'
import { ask } from '../testing/ask.ts'
import { start } from '../testing/start.ts'
import { tempFolder } from '../testing/temp-folder.ts'

/** What makes Node end with 7 at its start, in a worker, as long as there is such a file. */
function failsWhen(flag: string): string {
  return inWorkers(`if (existsSync(${JSON.stringify(flag)})) process.exit(7)`)
}

/** What makes Node wait at its start, in a worker, as long as there is such a file. */
function waitsWhile(flag: string): string {
  return inWorkers(`while (existsSync(${JSON.stringify(flag)})) await new Promise((again) => setTimeout(again, 10))`)
}

/** What makes Node run this at its start, in a worker. */
function inWorkers(text: string): string {
  const code = `import { existsSync } from 'node:fs'; import cluster from 'node:cluster'; if (cluster.isWorker) { ${text} }`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}

/** The processes that a program has started and that run. */
function workersOf(program: ProgramProcess): number[] {
  const path = `/proc/${program.pid}/task/${program.pid}/children`
  return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number)
}

function isRunning(pid: number): boolean {
  return readdirSync('/proc').includes(String(pid))
}

async function status(address: Address, path = '/a.txt'): Promise<number> {
  return (await ask(address, `GET ${path} HTTP/1.1`)).status
}

describe('fund-tiny-http --workers', () => {
  it('serves with that many processes on one port, and logs what each of them answers', async (context) => {
    if (process.platform !== 'linux') lacking(context, 'needs /proc')
    using folder = tempFolder({ 'a.txt': 'a' })
    await using program = start(['--workers', '2', '--dir', folder.path])
    const address = await program.listens()

    expect(program.stdout).toContain(`(the files of ${folder.path}, 2 workers)\n`)
    expect(workersOf(program).length).toBe(2)
    for (let round = 0; round < 6; round += 1) expect(await status(address, `/a.txt?${round}`)).toBe(200)
    for (let round = 0; round < 6; round += 1) await program.says(`200 GET /a.txt?${round} 1 B`)
    expect(program.stdout.match(/Waiting/g)?.length).toBe(1)
  })

  it('puts another process in the place of one that dies, without a word of stack', async (context) => {
    if (process.platform !== 'linux') lacking(context, 'needs /proc')
    using folder = tempFolder({ 'a.txt': 'a' })
    await using program = start(['--workers', '2', '--dir', folder.path])
    const address = await program.listens()
    const [dead = 0, other = 0] = workersOf(program)
    process.kill(dead, 'SIGKILL')

    await program.says(`Process ${dead} has ended (SIGKILL); another takes its place`)
    await until('there are two again', () => workersOf(program).filter((pid) => pid !== dead).length === 2)
    expect(workersOf(program)).toContain(other)
    for (let round = 0; round < 4; round += 1) expect(await status(address)).toBe(200)
    expect(program.stderr).toBe('')
  })

  it('replaces all of them at SIGHUP, one by one, and lets what is under way finish', async (context) => {
    if (process.platform !== 'linux') lacking(context, 'needs /proc')
    const size = 32 * 1024 * 1024
    using folder = tempFolder({ 'a.txt': 'a', 'big.bin': new Uint8Array(size) })
    await using program = start(['--workers', '1', '--dir', folder.path])
    const address = await program.listens()
    const before = workersOf(program)
    await using client = await connect(address)
    await client.sendAll('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
    let bytes = (await client.recv())?.length ?? 0
    program.signal('SIGHUP')

    const rest = (async () => {
      for (let chunk = await client.recv(); chunk; chunk = await client.recv()) bytes += chunk.length
      await client.close()
    })()
    await until(
      'all have been replaced',
      async () => {
        expect(await status(address)).toBe(200)
        return program.stdout.includes('All processes have been replaced')
      },
      9_000,
    )
    await rest

    expect(bytes).toBeGreaterThan(size)
    expect(workersOf(program).length).toBe(1)
    expect(workersOf(program).some((pid) => before.includes(pid))).toBe(false)
    expect(program.stdout).not.toContain('has ended')
  })

  it('puts one in the place of a process that dies while another is to take it, and not two', async (context) => {
    if (process.platform !== 'linux') lacking(context, 'needs /proc')
    using folder = tempFolder({ 'a.txt': 'a' })
    const flag = join(folder.path, 'slow')
    await using program = start(['--workers', '2', '--dir', folder.path], { NODE_OPTIONS: waitsWhile(flag) })
    const address = await program.listens()
    const before = workersOf(program)

    writeFileSync(flag, '')
    program.signal('SIGHUP')
    await until('the first new one starts', () => workersOf(program).length === 3)
    process.kill(before[0] ?? 0, 'SIGKILL')
    await until('the old one has ended', () => workersOf(program).length === 2)
    rmSync(flag)
    await program.says('All processes have been replaced')

    expect(program.stdout).not.toContain('has ended')
    expect(workersOf(program)).toHaveLength(2)
    expect(workersOf(program).some((pid) => before.includes(pid))).toBe(false)
    expect(await status(address)).toBe(200)
  })

  it('goes on with those it has when a new one cannot begin, and says so', async (context) => {
    if (process.platform !== 'linux') lacking(context, 'needs /proc')
    using folder = tempFolder({ 'a.txt': 'a' })
    const flag = join(folder.path, 'broken')
    await using program = start(['--workers', '2', '--dir', folder.path], { NODE_OPTIONS: failsWhen(flag) })
    const address = await program.listens()
    const before = workersOf(program)

    writeFileSync(flag, '')
    program.signal('SIGHUP')
    await program.says('The new process could not begin (7); those that run go on')
    expect(workersOf(program)).toEqual(before)
    process.kill(before[0] ?? 0, 'SIGKILL')
    await program.says('has ended (SIGKILL); another takes its place')
    expect(await status(address)).toBe(200)
    rmSync(flag)
    await until('there are two again', () => workersOf(program).filter((pid) => pid !== before[0]).length === 2)
    for (let round = 0; round < 4; round += 1) expect(await status(address)).toBe(200)
    expect(program.stderr).toBe('')
  })

  it.each([
    ['SIGTERM', 0, 1],
    ['SIGINT', 130, 2],
  ] as const)('ends with all of them at %s (%d)', async (signal, code, times) => {
    using folder = tempFolder({ 'big.bin': new Uint8Array(64 * 1024 * 1024) })
    await using program = start(['--workers', '2', '--dir', folder.path, '--quiet'])
    const address = await program.listens()
    const workers = workersOf(program)
    await using client = await connect(address)
    if (times === 2) {
      await client.sendAll('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await client.recv()
    }
    for (let time = 0; time < times; time += 1) {
      program.signal(signal)
      await until(
        'it no longer accepts',
        () =>
          connect(address).then(
            (one) => one.abort(),
            () => true,
          ) as never,
      )
    }

    expect(await program.ends()).toBe(code)
    await until('the workers are gone', () => !workers.some(isRunning))
    expect(program.stdout).toMatch(/^Waiting.*\n$/)
  })

  it('leaves no worker behind when it is killed', async (context) => {
    if (process.platform !== 'linux') lacking(context, 'needs /proc')
    await using program = start(['--workers', '2'])
    await program.listens()
    const workers = workersOf(program)
    program.signal('SIGKILL')

    await until('the workers are gone', () => !workers.some(isRunning))
  })
})
