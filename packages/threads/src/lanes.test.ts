import { fileURLToPath } from 'node:url'
import { connect } from '@fund/net-core'
import type { NetEvent } from '@fund/net-core/events'
import { type ProgramProcess, startProgram, until } from '@fund/net-core/testing'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('bin.ts', import.meta.url))

function start(...args: string[]): ProgramProcess {
  return startProgram([process.execPath, bin, ...args, '--trace=json'], { env: { FUND_LANG: 'en', NO_COLOR: '1' } })
}

/** What was told so far: among the lines that a program prints, those that are events. */
function told({ stdout }: ProgramProcess): NetEvent[] {
  const lines = stdout.slice(0, stdout.lastIndexOf('\n')).split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as NetEvent)
}

describe('fund-threads --trace', () => {
  it('shows the thread of each client as a lane of its own', async () => {
    await using program = start('echo', '0')
    const listening = (): NetEvent | undefined => told(program).find(({ op }) => op === 'listen')
    await until('it listens', () => listening() !== undefined)
    const port = Number(listening()?.local?.split(':')[1])
    await using one = await connect({ port })
    await using other = await connect({ port })
    for (const client of [one, other]) {
      await client.sendAll('oi\n')
      expect(String(await client.recv())).toBe('oi\n')
      await client.closeWrite()
      expect(await client.recv()).toBe(null)
    }
    await until('both threads have ended', () => told(program).filter(({ op }) => op === 'thread-end').length === 2)

    const events = told(program)
    const lanesOf = (port: number, op: string): string[] =>
      events.filter((event) => event.op === op && event.peer === `127.0.0.1:${port}`).map(({ lane }) => lane)
    const [accepting] = lanesOf(one.local.port, 'accept')
    const [lane] = lanesOf(one.local.port, 'recv')
    const [otherLane] = lanesOf(other.local.port, 'recv')
    expect(new Set(['main', accepting, lane, otherLane]).size).toBe(4)
    expect(lanesOf(one.local.port, 'send')).toEqual([lane])
    expect(events.filter((event) => event.lane === lane).map(({ op }) => op)).toEqual(
      expect.arrayContaining(['thread-start', 'recv', 'send', 'eof', 'fin', 'close', 'thread-end']),
    )
    const seqs = events.map(({ seq }) => seq)
    expect(new Set(seqs).size).toBe(seqs.length) // by which they can be put in order: threads are heard a moment later
  })

  it('shows where the threads of the counters begin and end, and where main waits', async () => {
    await using program = start('mthreads')
    expect(await program.ends(30_000)).toBe(0)

    const events = told(program)
    for (const name of ['Thread-1', 'Thread-2']) {
      expect(events.filter(({ lane }) => lane === name).map(({ op }) => op)).toEqual(['thread-start', 'thread-end'])
    }
    expect(events.find(({ op }) => op === 'wait')).toMatchObject({ lane: 'main', for: 'join' })
  }, 40_000)
})
