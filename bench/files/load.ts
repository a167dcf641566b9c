import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../packages/net-core/src/testing/ports.ts'
import { startChild, stopChild } from '../child.ts'
import { Fault } from '../fault.ts'
import type { Pinning } from '../pinning.ts'
import { cpuSeconds, residentKiB } from '../process-clock.ts'
import { runWrk, type WrkReport } from '../wrk.ts'
import type { FilesPeer } from './peers.ts'

/** One file, asked for on so many connections at once. */
export interface FilesShape {
  readonly name: string
  readonly title: string
  readonly file: string
  readonly bytes: number
  readonly connections: number
}

/** What one window of one server was like. */
export interface FilesFigures extends WrkReport {
  readonly serverCpuSeconds: number
  readonly rssKiB: number
}

const READY_PATIENCE_MS = 10_000
const WARMUP_SECONDS = 2

/** One window of one server, in a fresh process. */
export async function measureFiles(
  peer: FilesPeer,
  shape: FilesShape,
  folder: string,
  seconds: number,
  pinning: Pinning | undefined,
): Promise<FilesFigures> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/${shape.file}`
  const server = startChild(peer.command(folder, port), pinning?.server, { stdio: 'ignore' })
  const pid = server.pid ?? 0
  try {
    await untilGiven(url, shape.bytes, peer.name)
    const load = { connections: shape.connections, cpu: pinning?.load, toleratesTimeouts: true }
    await runWrk(url, { ...load, seconds: WARMUP_SECONDS })
    const before = cpuSeconds(pid)
    const report = await runWrk(url, { ...load, seconds })
    const serverCpuSeconds = cpuSeconds(pid) - before
    return { ...report, serverCpuSeconds, rssKiB: residentKiB(pid) }
  } finally {
    await stopChild(server)
  }
}

/** Waits until the server gives the file, whole. */
async function untilGiven(url: string, bytes: number, name: string): Promise<void> {
  const end = performance.now() + READY_PATIENCE_MS
  let why: unknown
  while (performance.now() < end) {
    try {
      const response = await fetch(url)
      const body = await response.arrayBuffer()
      if (response.status === 200 && body.byteLength === bytes) return
      throw new Fault(`Cannot measure ${name}: it gives ${body.byteLength} bytes and status ${response.status}`)
    } catch (error) {
      if (error instanceof Fault) throw error
      why = error
      await sleep(50)
    }
  }
  throw new Fault(`Cannot measure ${name}: it does not answer (${why})`)
}
