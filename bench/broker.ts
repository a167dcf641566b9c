import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../packages/net-core/src/testing/ports.ts'
import { startChild, stopChild } from './child.ts'
import { Fault } from './fault.ts'
import { firstLineOf } from './machine.ts'

/** A redis-server of a bench's own, as the guide says to start it. */
export interface Broker {
  readonly pid: number
  readonly url: string
  /** Ends it and waits for its end; its folder goes with it. */
  stop(): Promise<void>
}

const READY_PATIENCE_MS = 5_000

/** Starts a broker on a free port, and waits until it takes connections. */
export async function startBroker(): Promise<Broker> {
  if (firstLineOf('redis-server', '--version') === undefined) {
    throw new Fault(
      'Cannot start a broker: redis-server is missing. On Debian and Ubuntu: apt-get install redis-server',
    )
  }
  const folder = mkdtempSync(join(tmpdir(), 'fund-bench-redis-'))
  const port = await freePort()
  const words = ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '']
  const child = startChild([...words, '--appendonly', 'yes', '--dir', folder], undefined, { stdio: 'ignore' })
  const stop = async (): Promise<void> => {
    await stopChild(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const end = performance.now() + READY_PATIENCE_MS
  while (!(await takesConnections(port))) {
    if (performance.now() < end) await sleep(10)
    else {
      await stop()
      throw new Fault(`Cannot start a broker: redis-server takes no connections after ${READY_PATIENCE_MS / 1000} s`)
    }
  }
  return { pid: child.pid as number, url: `redis://127.0.0.1:${port}`, stop }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
