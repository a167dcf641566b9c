import type { RedisClientType, RedisFunctions, RedisModules, RedisScripts } from '@redis/client'
import { withDeadline } from './deadline.ts'
import type { RedisClient } from './redis-client.ts'

/** How long the broker may take to answer before it counts as gone. */
const ANSWER_MS = 5_000
/** How long a read waits for something to be there. */
const BLOCK_MS = 2_000

/** What the broker says. */
export type Reply = string | number | Buffer | null | readonly Reply[]

/** The broker is there, and said no: no memory, a full disk, a wrong password, a key of another kind. */
export class BrokerRefusal extends Error {
  override readonly name = 'BrokerRefusal'
}

type Client = RedisClientType<RedisModules, RedisFunctions, RedisScripts, 2>

/**
 * Two connections to the broker that live and die together: one for commands, one for reads that wait. It does not come
 * back: who wants a new one opens it.
 */
export class BrokerLink {
  readonly #redis: RedisClient
  readonly #commands: Client
  readonly #reader: Client
  #isDown = false

  /**
   * @throws {BrokerRefusal} when the broker is there and will not have us.
   * @throws an error with a `code` when it is not there.
   */
  static async open(redis: RedisClient, url: string): Promise<BrokerLink> {
    const link = new BrokerLink(redis, url)
    try {
      const both = Promise.all([link.#commands.connect(), link.#reader.connect()])
      await withDeadline(both, ANSWER_MS, noAnswer)
      return link
    } catch (error) {
      link.close()
      throw link.#inOurWords(error)
    }
  }

  private constructor(redis: RedisClient, url: string) {
    this.#redis = redis
    this.#commands = this.#client(url)
    this.#reader = this.#client(url)
  }

  get isDown(): boolean {
    return this.#isDown
  }

  /**
   * Sends a command and waits for the answer; one that does not come in 5 s takes the link down.
   *
   * @throws {BrokerRefusal} when the broker says no.
   */
  ask(...words: readonly (string | Buffer)[]): Promise<Reply> {
    return this.#ask(this.#commands, words, ANSWER_MS)
  }

  /** Waits 2 s at most for entries behind `place`; null when there are none. */
  async read(key: string, place: string, count: number): Promise<Reply> {
    const words = ['XREAD', 'COUNT', String(count), 'BLOCK', String(BLOCK_MS), 'STREAMS', key, place]
    return await this.#ask(this.#reader, words, BLOCK_MS + ANSWER_MS)
  }

  /** Whoever waits for an answer gets an error. */
  close(): void {
    if (this.#isDown) return
    this.#isDown = true
    for (const client of [this.#commands, this.#reader]) if (client.isOpen) client.destroy()
  }

  #client(url: string): Client {
    const client = this.#redis.createClient({
      url,
      RESP: 2,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: false, connectTimeout: ANSWER_MS },
    }) as unknown as Client
    client.on('error', () => this.close()) // whoever asked is told why
    return client
  }

  async #ask(client: Client, words: readonly (string | Buffer)[], ms: number): Promise<Reply> {
    const typeMapping = { [this.#redis.RESP_TYPES.BLOB_STRING]: Buffer }
    try {
      return await withDeadline(client.sendCommand<Reply>(words, { typeMapping }), ms, noAnswer)
    } catch (error) {
      const reason = this.#inOurWords(error)
      if (!(reason instanceof BrokerRefusal)) this.close()
      throw reason
    }
  }

  #inOurWords(error: unknown): Error {
    if (error instanceof this.#redis.ErrorReply) return new BrokerRefusal(error.message, { cause: error })
    return error instanceof Error ? error : new Error(String(error))
  }
}

function noAnswer(): Error {
  return Object.assign(new Error('the broker does not answer'), { code: 'ETIMEDOUT' })
}
