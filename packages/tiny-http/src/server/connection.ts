import { type ChunkTap, type Connection, NetError, type TrySendOptions } from '@fund/net-core'
import { type Answer, answerTo, giveUpAnswer, plain, trailersOf } from './answer.ts'
import { ChunkedDecoder } from './chunked.ts'
import { Headers, linesOf } from './headers.ts'
import { HttpError } from './http-error.ts'
import { Incoming } from './incoming.ts'
import { type AnyResponse, abortRequest, Request, Response, readyIn } from './message.ts'
import { type Head, HeadParser } from './parse.ts'
import { isUpgrade, type Service, type Upgrade, type UpgradeHook } from './service.ts'
import { type Source, sourceOf } from './source.ts'

/** How much of pipelined requests lies here, and of answers, before the client has to wait. */
const QUEUE_BYTES = 64 * 1024
/** How much of a body that nobody reads is taken for the sake of the next request. */
const SPARE_BYTES = 64 * 1024
/**
 * How much more is taken of a client that has to wait: while node:net reads nothing it does not tell that the client has gone.
 * Whoever goes with more than this still unread here is not missed before the request has been answered.
 */
const LOOK_BYTES = 512 * 1024
/** A chunk up to this long leaves in one write with its framing. */
const ONE_WRITE_BYTES = 16 * 1024

const TEXT: TrySendOptions = { encoding: 'latin1', limit: Number.POSITIVE_INFINITY }
const MORE: TrySendOptions = { encoding: 'latin1', limit: Number.POSITIVE_INFINITY, more: true }
const NOTHING = new Uint8Array()

/** One client's connection: requests out of bytes, one after the other, and answers in the same order. */
export class HttpConnection {
  readonly #connection: Connection
  readonly #service: Service
  readonly #onClose: (connection: HttpConnection) => void
  readonly #tap: ChunkTap
  readonly #parser: HeadParser

  /** What has come and is not yet read, from `#at` on. */
  #input: Buffer | undefined
  #at = 0
  /** The memory behind `#input` when that grew here. Bytes are only ever added: heads point into it. */
  #store: Buffer | undefined
  #out = ''

  /** The request that is being answered. */
  #request: Request | undefined
  #head: Head | undefined
  /** The stream of the answer that is under way. */
  #source: Source | undefined
  // What of it went out so far.
  #status = 0
  #sent = 0
  #closesAfter = false

  // The body of the request, until its end has come.
  #incoming: Incoming | undefined
  #decoder: ChunkedDecoder | undefined
  #left = 0
  #received = 0

  #isRunning = false
  #isFlushDue = false
  /** Whether the client takes our answers too slowly for another one. */
  #isChoked = false
  #isPaused = false
  /** How much may lie here before the client is paused in any case. */
  #room = 0
  #isPeerDone = false
  /** It takes no more of what comes: some of what was sent may still be under way. */
  #isOver = false
  #isUpgraded = false
  #owesContinue = false

  // For the sweep, in seconds of the server.
  #since: number
  #bodySeconds = 0
  #taken = 0
  #takenAt = 0
  #chunkAt = 0

  constructor(connection: Connection, service: Service, onClose: (connection: HttpConnection) => void) {
    this.#connection = connection
    this.#service = service
    this.#onClose = onClose
    this.#since = service.now
    this.#parser = new HeadParser(service.limits)
    this.#tap = connection.onChunk((chunk, error) => {
      if (chunk !== null) this.#onChunk(chunk as Buffer)
      else if (error) this.#gone(error)
      else this.#onPeerEnd()
    })
  }

  /** Answers one connection too many. */
  static refuse(connection: Connection, service: Service): void {
    connection.trySend(answerTo(undefined, plain(503), service.date, false).text, TEXT)
    void connection.close({ deadline: 1_000 })
  }

  /** Called once a second: ends what has taken too long. */
  sweep(): void {
    if (this.#isUpgraded) return
    const { now, limits, isClosing } = this.#service
    if (this.#connection.queued > 0) {
      const { taken } = this.#connection
      if (taken !== this.#taken || this.#takenAt === 0) {
        this.#taken = taken
        this.#takenAt = now
      } else if (seconds(now, this.#takenAt) > limits.stallMs)
        this.abort(new HttpError(408, 'the client takes nothing'))
      return
    }
    this.#takenAt = 0
    if (this.#isOver) return
    if (this.#isPaused) {
      this.#room = this.#connection.isClosed ? Number.POSITIVE_INFINITY : LOOK_BYTES // a paused tap hears of no end
      this.#brake()
    }
    if (this.#incoming) this.#sweepBody()
    else if (this.#request) this.#sweepAnswer()
    else if (this.#parser.hasBegun) {
      if (seconds(now, this.#since) > limits.headMs) this.#refuse(new HttpError(408, 'a head that came too slowly'))
    } else if (seconds(now, this.#since) > limits.idleMs || (isClosing && !this.#isFresh)) this.#close()
  }

  /** No more requests: closes as soon as the one under way is answered. */
  shutdown(): void {
    if (this.#isUpgraded)
      this.#onClose(this) // the listener shuts it down
    else if (this.#request === undefined && !this.#parser.hasBegun && !this.#isFresh) this.#close()
  }

  /** Breaks off, at once. */
  abort(reason: HttpError = new HttpError(503, 'the server closes')): void {
    this.#gone(reason)
    if (this.#isUpgraded || this.#connection.queued > 0) this.#connection.abort() // else it has all, and only its FIN is missing
    this.#onClose(this)
  }

  /** Whether it came a moment ago, and has yet to ask: its client has found a server, and counts on an answer. */
  get #isFresh(): boolean {
    return this.#parser.length === 0 && this.#service.now - this.#since <= 1
  }

  #onChunk(chunk: Buffer): void {
    if (this.#isOver) return
    if (this.#input) this.#append(this.#input, chunk)
    else {
      this.#input = chunk
      this.#at = 0
    }
    this.#run()
  }

  /** Puts a chunk behind what was left over, in memory that doubles, so that no byte is copied often. */
  #append(input: Buffer, chunk: Buffer): void {
    const length = input.length + chunk.length
    const store = this.#store
    if (store && input.buffer === store.buffer && input.byteOffset === store.byteOffset && length <= store.length) {
      chunk.copy(store, input.length)
      this.#input = store.subarray(0, length)
      return
    }
    const left = length - this.#at
    this.#store = Buffer.allocUnsafeSlow(Math.max(1024, left * 2))
    input.copy(this.#store, 0, this.#at)
    chunk.copy(this.#store, input.length - this.#at)
    this.#input = this.#store.subarray(0, left)
    this.#at = 0
  }

  /** Reads on until more has to come, or an answer is awaited; then sends what there is. */
  #run(): void {
    if (this.#isRunning || this.#isOver) return
    this.#isRunning = true
    try {
      while (this.#input && !this.#isOver && !this.#isChoked) {
        if (this.#incoming) {
          if (!this.#readBody(this.#incoming, this.#input)) break
        } else if (this.#request || !this.#readHead(this.#input)) break
      }
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      this.#refuse(error)
    } finally {
      this.#isRunning = false
    }
    if (this.#isOver) return
    if (this.#out !== '') {
      if (this.#request)
        this.#flushSoon() // what it answers may well come in the same turn
      else this.#flush()
    }
    this.#brake()
    if (!this.#isPeerDone) return
    if (this.#incoming && !this.#input) this.#failBody(this.#incoming)
    else if (!this.#request && !this.#isChoked) {
      if (this.#parser.hasBegun) this.#refuse(new HttpError(400, 'a head without an end'))
      else this.#close()
    }
  }

  #readHead(input: Buffer): boolean {
    const parser = this.#parser
    const hadBegun = parser.hasBegun
    const head = parser.parse(input, this.#at)
    if (head === undefined) {
      if (!hadBegun && parser.hasBegun) this.#since = this.#service.now
      return false
    }
    this.#advance(this.#at + parser.length)
    this.#begin(head)
    return true
  }

  #advance(at: number): void {
    this.#at = at
    if (at !== this.#input?.length) return
    this.#input = undefined
    this.#store = undefined
  }

  #begin(head: Head): void {
    const { limits, upgrade } = this.#service
    this.#head = head
    this.#closesAfter = !head.keepsAlive
    if (head.bodyBytes !== 0) {
      if (head.bodyBytes > limits.bodyBytes) throw new HttpError(413, 'a body that is too long')
      this.#incoming = new Incoming(() => this.#onWanted())
      this.#decoder = head.bodyBytes < 0 ? new ChunkedDecoder(limits) : undefined
      this.#left = head.bodyBytes
      this.#received = 0
      this.#bodySeconds = 0
      this.#owesContinue = head.expectsContinue
    }
    const request = new Request(head, this.#incoming ?? null, this.#connection)
    this.#request = request
    if (head.wantsUpgrade && upgrade && head.bodyBytes === 0) void this.#offer(request, upgrade)
    else this.#handle(request)
  }

  #handle(request: Request): void {
    let response: AnyResponse | Promise<AnyResponse>
    try {
      response = this.#service.handler(request)
    } catch (error) {
      this.#fail(request, error)
      return
    }
    if (response instanceof Response || typeof (response as Promise<AnyResponse>)?.then !== 'function') {
      this.#answer(request, response as AnyResponse)
      return
    }
    void (response as Promise<AnyResponse>).then(
      (late) => this.#answer(request, late),
      (error) => this.#fail(request, error),
    )
  }

  /** The handler has thrown. */
  #fail(request: Request, error: unknown): void {
    if (this.#request !== request) return
    void (async () => this.#service.onError(error, request))()
      .catch((another: unknown) => {
        console.error('The error handler failed:', another)
        return plain(500)
      })
      .then((response) => this.#answer(request, response))
  }

  #answer(request: Request, given: AnyResponse): void {
    if (this.#request !== request) {
      giveUpAnswer(given)
      return
    }
    if (given instanceof Response && this.#answerReady(request, given)) return
    let response = given
    let answer: Answer
    try {
      answer = answerTo(this.#head, response, this.#service.date, this.#mayStay())
    } catch (error) {
      console.error('An answer cannot be sent:', error)
      giveUpAnswer(given)
      response = plain(500)
      answer = answerTo(this.#head, response, this.#service.date, this.#mayStay())
    }
    this.#closesAfter = answer.closes
    const { rest } = answer
    if (rest !== null && !(rest instanceof Uint8Array)) {
      void this.#pump(request, response, answer, rest)
      return
    }
    this.#out += answer.text
    if (rest !== null) {
      this.#send(this.#takeOut(), MORE)
      this.#send(rest, TEXT)
    }
    this.#finish(request, response.status, answer.length)
  }

  /** Sends an answer that was put together before, where it fits. */
  #answerReady(request: Request, response: Response): boolean {
    const ready = readyIn(response)
    if (!ready || request.method !== 'GET' || this.#head?.minor !== 1 || response.bodyUsed || !this.#mayStay())
      return false
    const wire = ready.wire(this.#service.date)
    // As it is, unless it is short and others go out with it.
    if (wire.length <= ONE_WRITE_BYTES && (this.#out !== '' || this.#input)) this.#out += wire.toString('latin1')
    else {
      this.#flush()
      this.#send(wire, TEXT)
    }
    this.#finish(request, 200, ready.body.length)
    return true
  }

  /** Whether the connection can live on after this answer. */
  #mayStay(): boolean {
    const incoming = this.#incoming
    if (this.#closesAfter || this.#service.isClosing) return false
    if (!incoming) return true
    if (incoming.isWanted) return true
    // RFC 9112, section 9.3: the rest of the body has to be read, or the connection closed. Whoever was told nothing by a 100
    // may send its body or not (RFC 9110, section 10.1.1).
    return !this.#owesContinue && this.#decoder === undefined && this.#left <= SPARE_BYTES
  }

  #finish(request: Request, status: number, bytes: number): void {
    if (this.#isOver) return
    this.#request = undefined
    this.#head = undefined
    this.#source = undefined
    this.#since = this.#service.now
    this.#service.onAnswer?.({ request, status, bytes, peer: request.ip, isCut: false })
    if (this.#closesAfter || this.#service.isClosing) {
      this.#close()
      return
    }
    if (this.#incoming) {
      this.#incoming.drop()
      this.#received = 0 // from here on, of what nobody reads
      if (this.#decoder === undefined && this.#left > SPARE_BYTES) {
        this.#close()
        return
      }
    }
    if (!this.#isRunning) this.#run()
  }

  async #pump(
    request: Request,
    response: AnyResponse,
    answer: Answer,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const source = sourceOf(content, () => this.#connection.queued)
    const { framing, length } = answer
    this.#sent = 0
    this.#status = response.status
    this.#source = source
    this.#chunkAt = this.#service.now
    try {
      // When the body is sent back, it is this that asks for it: the 100 has to go before the head.
      let first = this.#owesContinue ? await source.next() : undefined
      if (this.#request !== request) return
      this.#owesContinue = false
      this.#out += answer.text
      this.#flushSoon()
      while (true) {
        const { done, value } = first ?? (await source.next())
        first = undefined
        if (this.#request !== request) return
        if (done) break
        if (!(value instanceof Uint8Array)) throw new TypeError('Cannot send what is no Uint8Array')
        if (value.length === 0) continue
        this.#sent += value.length
        if (framing === 'length' && this.#sent > length)
          throw new RangeError('Cannot send more than Content-Length says')
        this.#sendChunk(value, framing === 'chunked')
        this.#chunkAt = this.#service.now
        if (this.#connection.queued > QUEUE_BYTES) await this.#connection.sendAll(NOTHING)
      }
      if (framing === 'length' && this.#sent < length) throw new RangeError('Cannot send less than Content-Length says')
      if (framing === 'chunked') this.#out += `0\r\n${await trailersOf(request, response)}\r\n`
      if (this.#request === request) this.#finish(request, response.status, this.#sent)
    } catch (error) {
      if (this.#request !== request) return
      if (error instanceof NetError || error instanceof HttpError) {
        this.#gone(error)
        return
      }
      source.stop(error)
      console.error('The stream of an answer failed:', error)
      this.abort() // it must not look as if it were complete
    }
  }

  #sendChunk(chunk: Uint8Array, isChunked: boolean): void {
    const size = isChunked ? `${chunk.length.toString(16)}\r\n` : ''
    if (chunk.length <= ONE_WRITE_BYTES) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      this.#out += `${size}${bytes.toString('latin1')}${isChunked ? '\r\n' : ''}`
      this.#flush()
      return
    }
    const before = this.#takeOut() + size
    if (before !== '') this.#send(before, MORE)
    if (!isChunked) this.#send(chunk, TEXT)
    else {
      this.#send(chunk, MORE)
      this.#send('\r\n', TEXT)
    }
  }

  /** Gives what has come of the body to its reader. False when that has enough. */
  #readBody(incoming: Incoming, input: Buffer): boolean {
    if (incoming.isFull) return false
    const decoder = this.#decoder
    if (decoder) {
      this.#advance(decoder.decode(input, this.#at, (data) => this.#receive(incoming, data)))
      if (!decoder.isDone) return true
      for (const [name, value] of decoder.trailers) incoming.trailers.append(name, value)
    } else {
      const data = input.subarray(this.#at, this.#at + this.#left)
      this.#left -= data.length
      this.#advance(this.#at + data.length)
      this.#receive(incoming, data)
      if (this.#left > 0) return true
    }
    this.#incoming = undefined
    this.#decoder = undefined
    this.#since = this.#service.now
    incoming.end()
    return true
  }

  #receive(incoming: Incoming, data: Buffer): void {
    this.#received += data.length
    this.#owesContinue = false // RFC 9110, section 10.1.1: it did not wait
    if (this.#request) incoming.push(data)
    else if (this.#received > SPARE_BYTES) this.#close()
  }

  /** Somebody reads the body, and has read what there was. */
  #onWanted(): void {
    if (this.#owesContinue) {
      this.#owesContinue = false
      this.#out += 'HTTP/1.1 100 Continue\r\n\r\n'
      if (!this.#isRunning) this.#flush()
    }
    this.#run()
  }

  /** Holds a client back that sends faster than it is read. */
  #brake(): void {
    const unread = this.#input === undefined ? 0 : this.#input.length - this.#at
    const isStuck = unread > this.#room && (this.#incoming?.isFull || this.#isChoked || unread > QUEUE_BYTES)
    if (isStuck === this.#isPaused) return
    this.#isPaused = isStuck
    if (isStuck) {
      this.#room = 0
      this.#tap.pause()
    } else this.#tap.resume()
  }

  #takeOut(): string {
    const out = this.#out
    this.#out = ''
    return out
  }

  #flush(): void {
    if (this.#out !== '') this.#send(this.#takeOut(), TEXT)
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      if (!this.#isOver) this.#flush()
    })
  }

  #send(data: string | Uint8Array, how: TrySendOptions): void {
    const result = this.#connection.trySend(data, how)
    if (result === 'closed') this.#gone(new HttpError(499, 'the client has gone'))
    if (result !== 'queued' || this.#isChoked || this.#source || this.#connection.queued <= QUEUE_BYTES) return
    this.#isChoked = true
    this.#connection.sendAll(NOTHING).then(
      () => {
        this.#isChoked = false
        this.#run()
      },
      (error) => this.#gone(error),
    )
  }

  /** Answers a request that cannot be served, and closes. */
  #refuse(error: HttpError): void {
    if (this.#isOver) return
    if (this.#source) {
      this.abort() // the answer has begun already
      return
    }
    const request = this.#request
    if (this.#incoming && !request) {
      this.#close() // the rest of a body whose request has had its answer
      return
    }
    this.#request = undefined
    this.#incoming?.fail(error)
    if (request) abortRequest(request, error)
    const { text, length } = answerTo(this.#head, plain(error.status), this.#service.date, false)
    this.#out += text
    const peer = this.#connection.peer.host
    this.#service.onAnswer?.({ request, status: error.status, bytes: length, peer, isCut: false })
    this.#close()
  }

  /** Sends what there is, and closes so that it arrives: what the client still sends is read and dropped. */
  #close(): void {
    if (this.#isOver) return
    this.#flush()
    this.#end()
    void this.#connection.close().then(() => this.#onClose(this))
  }

  /** The client has gone, or has to. */
  #gone(error: unknown): void {
    if (this.#isOver) return
    const request = this.#request
    const source = this.#source
    this.#request = undefined
    this.#incoming?.fail(error)
    this.#end()
    if (request) {
      const [status, bytes] = source ? [this.#status, this.#sent] : [499, 0]
      this.#service.onAnswer?.({ request, status, bytes, peer: request.ip, isCut: true })
      abortRequest(request, error)
    }
    source?.stop(error)
    if (!this.#connection.isClosed) this.#connection.abort()
    this.#onClose(this)
  }

  #end(): void {
    this.#isOver = true
    this.#input = undefined
    this.#store = undefined
  }

  /**
   * The client sends no more (FIN): it has gone, or it only waits for its answers, which look the same. Those under way are
   * sent; whoever watches the signal is told.
   */
  #onPeerEnd(): void {
    if (this.#isOver) return
    this.#isPeerDone = true
    const request = this.#request
    if (request && !this.#service.isClosing) abortRequest(request, new HttpError(499, 'the client has gone'))
    this.#run()
  }

  #failBody(incoming: Incoming): void {
    const error = new HttpError(400, 'a body without an end')
    incoming.fail(error)
    this.#closesAfter = true
    if (!this.#request) this.#close()
    else if (!this.#source) this.#refuse(error)
  }

  #sweepBody(): void {
    const { limits, now } = this.#service
    if (!this.#request && seconds(now, this.#since) > limits.idleMs) {
      this.#close()
      return
    }
    if (this.#isPaused || !this.#incoming?.isWanted || this.#incoming.isFull) return // nobody waits for the client
    this.#bodySeconds += 1
    if (this.#bodySeconds * 1000 > limits.bodyGraceMs && this.#received < limits.bodyRate * this.#bodySeconds) {
      this.#refuse(new HttpError(408, 'a body that came too slowly'))
    }
  }

  /** A client that said it sends no more, and whose answer makes no progress: it has gone. */
  #sweepAnswer(): void {
    if (this.#isPeerDone && this.#source && this.#service.now - this.#chunkAt > 2) {
      this.#gone(new HttpError(499, 'the client has gone'))
    }
  }

  async #offer(request: Request, upgrade: UpgradeHook): Promise<void> {
    try {
      const answer = await upgrade(request)
      if (this.#request !== request) return
      if (answer === null) this.#handle(request)
      else if (isUpgrade(answer)) await this.#upgrade(answer)
      else this.#answer(request, answer)
    } catch (error) {
      this.#fail(request, error)
    }
  }

  /** RFC 9110, section 7.8. */
  async #upgrade({ protocol, headers, run }: Upgrade): Promise<void> {
    const fields = linesOf(new Headers({ Connection: 'Upgrade', Upgrade: protocol, ...headers }))
    this.#out += `HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`
    this.#flush()
    const unread = this.#input?.subarray(this.#at)
    this.#request = undefined
    this.#isUpgraded = true
    this.#end()
    this.#tap.release(unread)
    if (this.#service.isClosing) this.shutdown()
    try {
      await run(this.#connection)
    } catch (error) {
      if (!(error instanceof NetError)) console.error('A connection failed after its upgrade:', error)
    } finally {
      await this.#connection.close()
      this.#onClose(this)
    }
  }
}

function seconds(now: number, then: number): number {
  return (now - then) * 1000
}
