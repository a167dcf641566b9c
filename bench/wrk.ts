import { text } from 'node:stream/consumers'
import { startChild } from './child.ts'
import { Fault } from './fault.ts'

/** What wrk saw. */
export interface WrkReport {
  readonly requests: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
}

/** How a server is loaded. */
export interface WrkLoad {
  readonly connections: number
  readonly seconds: number
  /** The core that wrk is held on. */
  readonly cpu?: number | undefined
  /** A Lua file that says what is asked. */
  readonly script?: string
  /** Whether an answer may take longer than the 2 s that wrk waits: it is slow, not wrong. */
  readonly toleratesTimeouts?: boolean
}

/** Loads a server with wrk, in one thread. @throws {Fault} when an answer was not a good one, or there was none. */
export async function runWrk(
  url: string,
  { connections, seconds, cpu, script, toleratesTimeouts = false }: WrkLoad,
): Promise<WrkReport> {
  const asked = script === undefined ? [] : ['-s', script]
  const words = ['wrk', '-t', '1', '-c', `${connections}`, '-d', `${Math.ceil(seconds)}s`, '--latency', ...asked, url]
  const child = startChild(words, cpu, { stdio: ['ignore', 'pipe', 'pipe'] })
  const missing = new Promise<never>((_, reject) => {
    child.once('error', () => reject(new Fault('wrk is missing. On Debian and Ubuntu: apt-get install wrk')))
  })
  const [said, complained] = await Promise.race([
    Promise.all([text(child.stdout as NodeJS.ReadableStream), text(child.stderr as NodeJS.ReadableStream)]),
    missing,
  ])
  const [, requests, took = '', unit = ''] = /(\d+) requests in ([\d.]+)(m?s),/.exec(said) ?? []
  const bad = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(said)?.[0]
  const isSlow = bad !== undefined && /^Socket errors: connect 0, read 0, write 0, timeout \d+$/.test(bad)
  const isBad = bad !== undefined && !(toleratesTimeouts && isSlow)
  if (requests === undefined || Number(requests) === 0 || isBad)
    throw new Fault(`wrk ${url}: ${bad ?? (complained || said)}`)
  return {
    requests: Number(requests),
    seconds: Number(took) / (unit === 'ms' ? 1000 : 1),
    p50Us: latency(said, '50'),
    p99Us: latency(said, '99'),
  }
}

const units: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000 }

function latency(said: string, percentile: string): number {
  const [, amount, unit = ''] = new RegExp(`^ +${percentile}% +([\\d.]+)(us|ms|s|m) *$`, 'm').exec(said) ?? []
  return Number(amount) * (units[unit] ?? Number.NaN)
}
