import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
// Loaded in the main thread, it gives the worker threads one memory, so that they share handles.
import '../blocking.ts'
import { formatAddress } from '../lib/address.ts'
import { collectEvents } from '../testing/collect-events.ts'
import { compileOnce } from '../testing/compile-cache.ts'
import { until } from '../testing/until.ts'
import { bytesOf, type Ended, inShort } from './outcome.ts'
import type { PeerOrder } from './peer-side.ts'
import type { Order } from './program-side.ts'
import type { CallStep, Given, Outcome, PeerStep, Scenario, Step } from './scenario.ts'

/** Which face the program of a scenario uses. */
export type FaceName = 'await' | 'blocking'

const DEADLINE_MS = 8_000
const programFile = new URL('program-side.ts', import.meta.url)
const peerFile = fileURLToPath(new URL('peer-side.ts', import.meta.url))

/** A thread that makes calls and says how they ended. */
class Actor {
  readonly worker: Worker
  readonly #waiting = new Map<number, (ended: Ended) => void>()
  readonly #broken: Promise<never>
  #count = 0

  constructor(face: FaceName) {
    this.worker = new Worker(programFile, { workerData: face, env: compileOnce() })
    this.worker.on('message', ({ id, ended }: { id: number; ended: Ended }) => {
      this.#waiting.get(id)?.(ended)
      this.#waiting.delete(id)
    })
    this.#broken = new Promise((_, reject) => this.worker.once('error', reject))
    this.#broken.catch(() => undefined) // whoever waits for an answer is told
  }

  call(order: Omit<Order, 'id'>): Promise<Ended> {
    const id = this.#count++
    const answered = new Promise<Ended>((resolve) => this.#waiting.set(id, resolve))
    this.worker.postMessage({ id, ...order })
    return Promise.race([answered, this.#broken])
  }
}

/** The peer's process. */
class PeerProcess {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor() {
    this.child = spawn(process.execPath, [peerFile], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    this.#lines = createInterface(this.child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]()
  }

  async ask(order: PeerOrder): Promise<Ended> {
    this.child.stdin?.write(`${JSON.stringify(order)}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('The peer has ended')
    return JSON.parse(value) as Ended
  }
}

/**
 * Plays scenarios. A blocking program has two threads, for one of them may be stopped in a call; an awaiting one needs
 * one thread for both its tasks.
 */
export class Conductor implements AsyncDisposable {
  readonly #program: Actor
  readonly #other: Actor
  readonly #peer: PeerProcess = new PeerProcess()
  /** Whether a scenario has failed: then somebody may be stuck, and it takes another conductor to go on. */
  isSpoilt = false
  #scenes = 0

  constructor(face: FaceName) {
    this.#program = new Actor(face)
    this.#other = face === 'await' ? this.#program : new Actor(face)
  }

  async play({ steps }: Scenario): Promise<void> {
    this.isSpoilt = true
    await this.#peer.ask({})
    using scene = new Scene(this.#program, this.#other, this.#peer, this.#scenes++)
    for (const [index, step] of steps.entries()) {
      try {
        await within(scene.act(step))
      } catch (error) {
        throw new Error(`Step ${index + 1}, ${JSON.stringify(step)}: ${(error as Error).message}`, { cause: error })
      }
    }
    this.isSpoilt = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.worker.terminate()
    await this.#other.worker.terminate()
    if (this.#peer.child.exitCode !== null) return
    const ended = once(this.#peer.child, 'exit')
    this.#peer.child.kill('SIGKILL')
    await ended
  }
}

/** One scenario under way: who is called what, and which calls have not ended. */
class Scene implements Disposable {
  readonly #program: Actor
  readonly #other: Actor
  readonly #peer: PeerProcess
  readonly #log = collectEvents()
  readonly #addresses: Record<string, { host: string; port: number }> = {}
  readonly #handles: Record<string, number> = {}
  readonly #started: { program?: Promise<Ended>; other?: Promise<Ended> } = {}
  readonly #number: number
  #mark = 0

  constructor(program: Actor, other: Actor, peer: PeerProcess, number: number) {
    this.#number = number
    this.#program = program
    this.#other = other
    this.#peer = peer
  }

  async act(step: Step): Promise<void> {
    if ('waits' in step) {
      await until(`a call waits for ${step.waits}`, () => this.#hasWaited(step.waits))
    } else if ('ended' in step) {
      check(step, await (this.#started[step.ended] as Promise<Ended>), this.#addresses)
    } else if ('peer' in step) {
      await this.#tellPeer(step)
    } else {
      await this.#call(step)
    }
  }

  /** Whether a call that was started since the last `starts` has told that it waits. */
  #hasWaited(what: string): boolean {
    return this.#log.events.slice(this.#mark).some((event) => event.op === 'wait' && event.for === what)
  }

  async #tellPeer(step: PeerStep): Promise<void> {
    const address = step.to === undefined ? undefined : this.#addresses[step.to]
    const ended = await this.#peer.ask({ step, ...(address ? { address } : {}) })
    if ('address' in ended && ended.address) this.#addresses[step.as ?? 'p'] = ended.address
    check('gives' in step ? { gives: step.gives as Given } : {}, ended, this.#addresses)
  }

  async #call(step: CallStep): Promise<void> {
    const who = 'program' in step ? 'program' : 'other'
    const call = 'program' in step ? step.program : step.other
    const { on, as, data, args = [], to, starts } = step
    const address = to === undefined ? undefined : this.#addresses[to]
    const told = address ? [address, ...args] : args
    this.#mark = this.#log.events.length
    const actor = who === 'program' ? this.#program : this.#other
    const order = { call, on: this.#own(on), as: this.#own(as), data, args: told, handles: { ...this.#handles } }
    const started = actor.call(order).then((ended) => {
      if ('handle' in ended && ended.handle) this.#handles[this.#own(as ?? on) ?? ''] = ended.handle
      // The peer knows its own end's address best: an accepted connection has no name in messages.
      if ('address' in ended && ended.address && call !== 'accept') this.#addresses[as ?? on ?? ''] = ended.address
      return ended
    })
    if (starts) this.#started[who] = started
    else check(step, await started, this.#addresses)
  }

  /** A name that no other scenario has: the threads outlive this one. */
  #own(name: string | undefined): string | undefined {
    return name === undefined ? undefined : `${name} of ${this.#number}`
  }

  [Symbol.dispose](): void {
    this.#log[Symbol.dispose]()
  }
}

/** Compares how a call ended with what the scenario says. */
function check(outcome: Outcome, ended: Ended, addresses: Record<string, { host: string; port: number }>): void {
  if (outcome.fails !== undefined) {
    if (!('failed' in ended)) throw new Error(`it did not fail, it gave ${JSON.stringify(ended.gave)}`)
    const { code, message, sent } = ended.failed
    if (!outcome.fails.split(' or ').includes(code)) throw new Error(`it failed with ${code}: ${message}`)
    const says = outcome.says?.replace(/\{(\w+)\}/g, (_, name: string) => {
      const address = addresses[name]
      return address ? formatAddress(address) : `{${name}}`
    })
    if (says !== undefined && says !== message) throw new Error(`it said ${JSON.stringify(message)}, not ${says}`)
    const { least, most } = outcome.sent ?? { least: 0, most: Number.POSITIVE_INFINITY }
    if (outcome.sent && !(sent !== undefined && sent >= least && sent < most)) throw new Error(`it had sent ${sent}`)
    return
  }
  if ('failed' in ended) throw new Error(`it failed with ${ended.failed.code}: ${ended.failed.message}`)
  if (outcome.gives === undefined) return
  const gave = JSON.stringify(ended.gave)
  const wanted = meant(outcome.gives)
  if (!wanted.includes(gave)) throw new Error(`it gave ${gave}, not ${wanted.join(' or ')}`)
}

/** The values that are meant, as JSON. */
function meant(gives: Given): string[] {
  if (gives !== null && typeof gives === 'object' && 'oneOf' in gives) return gives.oneOf.flatMap(meant)
  if (gives !== null && typeof gives === 'object' && 'bytes' in gives) return [JSON.stringify(inShort(bytesOf(gives)))]
  return [JSON.stringify(gives)]
}

async function within(promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not end within ${DEADLINE_MS} ms`)), DEADLINE_MS)
  })
  try {
    await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
