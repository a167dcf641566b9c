import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { listen } from '../../blocking.ts'
import { compileOnce } from '../compile-cache.ts'
import { CLOSED_BY_OTHERS, CONNECTIONS, MAIL, MESSAGES, STOP, type StormData } from './storm-board.ts'

const program = new URL('storm-thread.ts', import.meta.url)

/** How long, and with how many threads. */
export interface StormOptions {
  readonly seconds: number
  readonly clients: number
  /** Threads that only take the processor from the others. */
  readonly burners: number
}

/** What a storm has seen. */
export interface StormReport {
  readonly messages: number
  readonly connections: number
  readonly closedByOthers: number
}

/**
 * Threads that connect, send, receive, time out, close and abort, on connections of their own and on each other's, for a
 * while. Rejects when a byte is wrong, or when a call waits for what has long happened.
 */
export async function storm({ seconds, clients, burners }: StormOptions): Promise<StormReport> {
  const board = new Int32Array(new SharedArrayBuffer(4 * (MAIL + 64)))
  const listener = listen()
  const { handle, address } = listener
  const start = (job: StormData['job'], seed: number): Promise<unknown> =>
    once(
      new Worker(program, { workerData: { job, seed, handle, port: address.port, board }, env: compileOnce() }),
      'exit',
    )
  const many = (job: StormData['job'], count: number): Promise<unknown>[] =>
    Array.from({ length: count }, (_, index) => start(job, index + 1))
  const tell = (value: number): void => {
    Atomics.store(board, STOP, value)
    Atomics.notify(board, STOP)
  }

  const servers = many('server', clients)
  const others = [...many('client', clients), ...many('burner', burners)]
  const closer = start('closer', 1)
  const failed = Promise.race([...servers, closer].map((ended) => ended.then(() => ended)))
  failed.catch(() => undefined)
  let timer: NodeJS.Timeout | undefined
  await Promise.race([
    failed,
    Promise.all(others),
    new Promise((resolve) => {
      timer = setTimeout(resolve, seconds * 1_000)
    }),
  ])
  clearTimeout(timer)
  tell(1)
  await Promise.all(others)
  tell(2)
  await closer
  listener.close()
  await Promise.all(servers)
  const read = (word: number): number => Atomics.load(board, word)
  return { messages: read(MESSAGES), connections: read(CONNECTIONS), closedByOthers: read(CLOSED_BY_OTHERS) }
}
