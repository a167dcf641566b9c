import { startChild, stopChild } from './child.ts'
import { Fault } from './fault.ts'

/** A server that has said where it listens. */
export interface Server {
  readonly pid: number
  readonly host: string
  readonly port: number
  /** Ends it and waits for its end. */
  stop(): Promise<void>
}

/** What the ready line of every peer contains: an IPv4 address and a port. */
const READY = /(\d+\.\d+\.\d+\.\d+):(\d+)/
const READY_PATIENCE_MS = 10_000

/** Starts a server in a process of its own and waits for its ready line. */
export async function startServer(command: readonly string[], cpu?: number): Promise<Server> {
  const child = startChild(command, cpu, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let complained = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complained = (complained + text).slice(-2000)
  })
  const ready = new Promise<RegExpExecArray>((resolve, reject) => {
    const giveUp = (why: string): void => reject(new Fault(`Cannot measure ${command.join(' ')}: ${why}`))
    const timer = setTimeout(() => giveUp(`no ready line in ${READY_PATIENCE_MS / 1000} s`), READY_PATIENCE_MS)
    child.once('error', (error) => giveUp(error.message))
    child.once('exit', () => {
      clearTimeout(timer)
      giveUp(`it ended. It said: ${(said + complained).trim() || 'nothing'}`)
    })
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000) // read on after the ready line, or a full pipe would stop the server
      const match = READY.exec(said)
      if (!match) return
      clearTimeout(timer)
      resolve(match)
    })
  })
  try {
    const [, host, port] = await ready
    return { pid: child.pid as number, host: host as string, port: Number(port), stop: () => stopChild(child) }
  } catch (error) {
    await stopChild(child)
    throw error
  }
}
