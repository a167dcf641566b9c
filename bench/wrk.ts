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

/** Loads a server with wrk, in one thread, for so many seconds. @throws {Fault} when an answer was not a good one. */
export async function runWrk(url: string, connections: number, seconds: number, cpu?: number): Promise<WrkReport> {
  const words = ['wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--latency', url]
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
  // A time-out of wrk's own (2 s) is a slow answer, not a wrong one.
  const isBad = bad !== undefined && !/^Socket errors: connect 0, read 0, write 0, timeout \d+$/.test(bad)
  if (requests === undefined || isBad) throw new Fault(`wrk ${url}: ${bad ?? (complained || said)}`)
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
