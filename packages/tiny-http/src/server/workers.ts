import cluster, { type Worker } from 'node:cluster'
import { setTimeout as pause } from 'node:timers/promises'

/** How long a worker that is told to stop may take; a little more than it gives its connections. */
const STOP_MS = 5_500
/** A worker that dies is replaced soon; when they die again and again, less and less so. */
const FIRST_PAUSE_MS = 100
const LAST_PAUSE_MS = 10_000
/** One that lived so long was all right. */
const GOOD_AGE_MS = 10_000

/** What a worker says to its keeper. */
export type Report =
  | { readonly say: 'listens'; readonly port: number }
  /** For a reason that the next one would meet as well. */
  | { readonly say: 'cannot listen'; readonly code: string }
  /** Whole lines of its log, and how many are missing before them. */
  | { readonly say: 'log'; readonly text: string; readonly lost: number }

/** What its keeper says to a worker. */
const STOP = 'stop'

/** The variable of the environment that has a worker's orders. */
const ORDERS = 'FUND_TINY_HTTP_ORDERS'

/** What is to be kept running. */
export interface WorkersOptions {
  readonly count: number
  /** What each worker is told at its start: anything that JSON can say. It asks for it with {@link workOrders}. */
  readonly orders: unknown
  /** When it fires, all of them stop. */
  readonly signal: AbortSignal
  /** Is called once, when all of them listen. */
  readonly onReady: (port: number) => void
  readonly onLog: (text: string, lost: number) => void
  /** One has died and will be replaced. */
  readonly onDeath: (pid: number, reason: string) => void
  /** A SIGHUP came, and all of them have been replaced by new ones. */
  readonly onRolled: () => void
  /** A SIGHUP came, and a new one could not begin: those that run go on. */
  readonly onRollFailed: (reason: string) => void
}

/** A worker could not listen; `code` is the system's word for why. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen'
  readonly code: string

  constructor(code: string) {
    super(`Cannot listen (${code})`)
    this.code = code
  }
}

/**
 * Starts this program again, `count` times, and keeps that many running until the signal fires: the keeper's side. A worker
 * that dies is replaced; at SIGHUP all of them are, one after the other, each new one listening before an old one stops
 * accepting; if a new one cannot begin, the old ones stay. The keeper alone listens, and deals the connections out in turn (node:cluster). Resolves when all have ended.
 *
 * @throws {CannotListen} when the first ones cannot.
 */
export async function keepWorkers(options: WorkersOptions): Promise<void> {
  const { count, signal } = options
  const crew = new Set<Member>()
  const hire = (): Promise<Member> => Member.hire(options, crew)
  let isOver = false
  let pauseMs = FIRST_PAUSE_MS

  const replace = async (dead: Member): Promise<void> => {
    pauseMs = dead.age < GOOD_AGE_MS ? Math.min(pauseMs * 2, LAST_PAUSE_MS) : FIRST_PAUSE_MS
    options.onDeath(dead.pid, dead.reason)
    while (!isOver) {
      await pause(pauseMs)
      if (isOver) return
      try {
        watch(await hire())
        return
      } catch (error) {
        if (!(error instanceof CannotListen)) throw error
        pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)
      }
    }
  }
  const watch = (member: Member): void => {
    void member.gone.then(() => (member.isLeaving || isOver ? undefined : replace(member)))
  }
  const roll = async (): Promise<void> => {
    for (const old of [...crew]) {
      if (isOver || old.isLeaving || !crew.has(old)) continue
      old.isLeaving = true // should it die now, its place is already taken
      try {
        watch(await hire())
      } catch (error) {
        if (!(error instanceof CannotListen)) throw error
        if (isOver) return
        old.isLeaving = false
        options.onRollFailed(error.code)
        if (!crew.has(old)) void replace(old)
        return // better the old ones than none
      }
      await old.stop()
    }
    if (!isOver) options.onRolled()
  }
  let rolling = Promise.resolve()
  const onHangUp = (): void => {
    rolling = rolling.then(roll)
  }

  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  try {
    const first = await Promise.all(Array.from({ length: count }, hire))
    for (const member of first) watch(member)
    process.on('SIGHUP', onHangUp)
    if (!signal.aborted) options.onReady(first[0]?.port ?? 0)
    await stopped
  } finally {
    isOver = true
    process.off('SIGHUP', onHangUp)
    await Promise.all([...crew].map((member) => member.stop()))
  }
}

/** A worker, as its keeper sees it. */
class Member {
  readonly #worker: Worker
  readonly #born = performance.now()
  #end = 0
  port = 0
  /** It is to stop, or another is taking its place: its end is no death. */
  isLeaving = false
  /** Why it ended: an exit code, or a signal. */
  reason = ''
  readonly gone: Promise<void>

  /** Starts one; resolves when it listens. */
  static async hire({ orders, onLog }: WorkersOptions, crew: Set<Member>): Promise<Member> {
    const worker = cluster.fork({ [ORDERS]: JSON.stringify(orders) })
    const member = new Member(worker)
    crew.add(member)
    void member.gone.then(() => crew.delete(member))
    return new Promise((resolve, reject) => {
      worker.on('message', (report: Report) => {
        if (report.say === 'log') onLog(report.text, report.lost)
        else if (report.say === 'cannot listen') reject(new CannotListen(report.code))
        else {
          member.port = report.port
          resolve(member)
        }
      })
      void member.gone.then(() => reject(new CannotListen(member.reason)))
    })
  }

  constructor(worker: Worker) {
    this.#worker = worker
    this.gone = new Promise((resolve) => {
      worker.once('exit', (code: number | null, signal: string | null) => {
        this.reason = signal ?? String(code)
        this.#end = performance.now()
        resolve()
      })
    })
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0
  }

  /** How long it lived, in milliseconds. */
  get age(): number {
    return this.#end - this.#born
  }

  /** Tells it to stop, and waits until it has; one that takes too long is ended. */
  async stop(): Promise<void> {
    this.isLeaving = true
    if (this.#worker.isConnected()) this.#worker.send(STOP)
    const insist = setTimeout(() => this.#worker.process.kill('SIGKILL'), STOP_MS)
    await this.gone
    clearTimeout(insist)
  }
}

/** What this process was told by its keeper; `undefined` when it is nobody's worker. */
export function workOrders(): unknown {
  const orders = process.env[ORDERS]
  return cluster.isWorker && orders !== undefined ? JSON.parse(orders) : undefined
}

/** Says something to the keeper; to nobody, when that one has gone. `done` is called when it was taken. */
export function report(what: Report, done: () => void = () => undefined): void {
  if (process.connected) process.send?.(what, undefined, {}, done)
}

/**
 * Calls the listener when this worker is to stop: its keeper says so, or somebody ends this one alone with a SIGTERM. Ctrl-C
 * reaches every process of a terminal; what it means is the keeper's to say. When the keeper has gone, and with it the
 * listening socket, node:cluster ends the worker.
 */
export function onStop(listener: () => void): void {
  process.on('message', (message) => {
    if (message === STOP) listener()
  })
  process.on('SIGTERM', listener)
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => undefined)
}

/** What may wait to be told. */
const BATCH_BYTES = 256 * 1024
const BATCH_MS = 20

/** A worker's log: lines go to the keeper in batches, and are left out and counted when it does not keep up. */
export class ReportedLog {
  #lines: string[] = []
  #bytes = 0
  #lost = 0
  #isWaiting = false

  /** Takes a line. Never waits, never throws. */
  write(line: string): void {
    if (this.#bytes + line.length > BATCH_BYTES) {
      this.#lost += 1
      return
    }
    this.#lines.push(line)
    this.#bytes += line.length
    if (this.#isWaiting) return
    this.#isWaiting = true
    setTimeout(() => this.flush(), BATCH_MS).unref()
  }

  /** Tells all there is. Resolves when the keeper has it, or is gone. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#isWaiting = this.#lines.length > 0
      if (!this.#isWaiting || !process.connected) {
        resolve()
        return
      }
      report({ say: 'log', text: this.#lines.join(''), lost: this.#lost }, () => {
        setTimeout(() => this.flush(), BATCH_MS).unref()
        resolve()
      })
      this.#lines = []
      this.#bytes = 0
      this.#lost = 0
    })
  }
}
