import type { MessagePort, Worker as NodeWorker, ResourceLimits } from 'node:worker_threads'
import { messages } from '../messages.ts'
import { type Boot, boot } from './boot.ts'
import { bootText } from './bootstrap.ts'
import {
  type KeeperData,
  type KeeperNotice,
  keeper,
  LIVE,
  OFFICE_WORDS,
  type StartRequest,
  TOLD,
  WRITING,
} from './keeper.ts'
import { ENDED, ID, NEW, PHASE, REFUSED, STARTING } from './life.ts'
import { cannotCopy } from './pack.ts'
import { tellEnd } from './telling.ts'
import { ThreadError } from './thread-error.ts'

/** What is known, where a thread was started, of how it went. */
export interface Outcome {
  readonly name: string
  readonly words: Int32Array
  /** What it gave back at its end, packed. */
  fields?: unknown
  /** Why it could not be started. */
  error?: unknown
}

/** How this thread reaches the keeper. */
interface Office {
  readonly link: MessagePort
  readonly words: Int32Array
  /** What setEnvironmentData was called with since the keeper was made, which itself has what came before. */
  readonly environment: Map<unknown, unknown>
  /** In the thread that made the keeper: the keeper. */
  readonly worker?: NodeWorker | undefined
}

/** The keeper is a thread that does little. */
const KEEPER_LIMITS = { maxYoungGenerationSizeMb: 4, codeRangeSizeMb: 8, stackSizeMb: 1 }
/** A keeper that cannot start (a preloaded module that throws in threads) says so only to an event loop. */
const PATIENCE_MS = 30_000
const SWEEP = 64

const threads = process.getBuiltinModule('node:worker_threads')
const { MessageChannel, receiveMessageOnPort, Worker } = threads

const outcomes = new Map<number, Outcome>()
let office: Office | undefined
let sweepAt = SWEEP

/** What a thread is told by Thread itself; the rest is known here. */
export type BootParts = Omit<Boot, 'keeper' | 'office' | 'environment'>

/** Has the keeper start a thread, and waits until the system has made it. */
export function startThread(parts: BootParts, resourceLimits: ResourceLimits): Outcome {
  office ??= openOffice()
  collect()
  const { name, words, daemon } = parts
  const id = words[ID] as number
  const outcome: Outcome = { name, words }
  const request: StartRequest = {
    boot: { ...parts, office: office.words, environment: office.environment },
    options: { name, argv: process.argv.slice(2), resourceLimits },
  }
  outcomes.set(id, outcome)
  Atomics.store(words, PHASE, STARTING)
  if (!daemon) {
    Atomics.add(office.words, LIVE, 1)
    office.worker?.ref()
  }
  try {
    office.link.postMessage(request)
  } catch (error) {
    outcomes.delete(id)
    Atomics.store(words, PHASE, NEW)
    if (!daemon && Atomics.sub(office.words, LIVE, 1) === 1) office.worker?.unref()
    throw cannotCopy(`what was given to ${name}`, error)
  }
  const waited = Atomics.wait(words, PHASE, STARTING, PATIENCE_MS)
  if (waited === 'timed-out' || Atomics.compareExchange(words, PHASE, REFUSED, NEW) === REFUSED) {
    collect()
    throw new ThreadError('refused', { thread: name }, outcome.error)
  }
  return outcome
}

/** Takes in what the keeper has sent. What a thread gave back is there before its end can be seen. */
export function collect(): void {
  if (!office) return
  for (let next = receiveMessageOnPort(office.link); next; next = receiveMessageOnPort(office.link)) {
    const { id, fields, error } = next.message as KeeperNotice
    const outcome = outcomes.get(id)
    if (!outcome) continue
    outcome.fields = fields
    outcome.error = error
    outcomes.delete(id)
  }
  if (outcomes.size < sweepAt) return
  for (const [id, { words }] of outcomes) if (Atomics.load(words, PHASE) >= ENDED) outcomes.delete(id)
  sweepAt = Math.max(SWEEP, outcomes.size * 2)
}

/** Tells of the threads that have ended without being able to do so. */
function tellEnds(): void {
  for (const { name, words } of outcomes.values()) if (Atomics.load(words, PHASE) === ENDED) tellEnd(name, words)
  collect()
}

function openOffice(): Office {
  if (boot) return { link: boot.keeper, words: boot.office, environment: boot.environment }
  const { port1, port2 } = new MessageChannel()
  const words = new Int32Array(new SharedArrayBuffer(OFFICE_WORDS * 4))
  const data: KeeperData = {
    office: words,
    text: bootText(),
    link: port2,
    died: messages().died.en,
    mend: messages()['hint.died']?.en ?? '',
  }
  const worker = new Worker(`(${keeper})()`, {
    eval: true,
    name: 'fund threads',
    workerData: data,
    transferList: [port2],
    env: threads.SHARE_ENV,
    resourceLimits: KEEPER_LIMITS,
  })
  worker.on('message', () => {
    Atomics.store(words, TOLD, 0) // before looking, so that nothing is missed
    tellEnds()
    if (Atomics.load(words, LIVE) > 0 || Atomics.load(words, WRITING) > 0) worker.ref()
    else worker.unref()
  })
  worker.unref()
  return { link: port1, words, environment: watchEnvironment(), worker }
}

/** From here on, what setEnvironmentData is called with in this thread has to be handed to new threads by hand. */
function watchEnvironment(): Map<unknown, unknown> {
  const environment = new Map<unknown, unknown>()
  const original = threads.setEnvironmentData
  threads.setEnvironmentData = (key, value) => {
    environment.set(key, value)
    original(key, value)
  }
  process.getBuiltinModule('node:module').syncBuiltinESMExports()
  return environment
}
