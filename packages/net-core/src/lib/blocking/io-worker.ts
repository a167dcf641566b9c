import type { AddressInfo, Server, Socket } from 'node:net'
import type { Layout } from './layout.ts'

/** What the I/O worker is started with. */
interface IoWorkerData {
  readonly memory: SharedArrayBuffer
  readonly layout: Layout
  readonly cleared: readonly number[]
  readonly patience: { readonly FLUSH_PATIENCE_MS: number; readonly FIN_PATIENCE_MS: number; readonly QUIET_MS: number }
}

/** What `bind` asks for. */
interface Bind {
  readonly host: string
  readonly port: number
  readonly backlog: number
  readonly most: number
  readonly keepAlive?: number
}

/** A connection, as the I/O worker knows it. */
interface Connected {
  readonly slot: number
  readonly at: number
  readonly socket: Socket
  readonly listener: Listening | undefined
  /** What has come and found no room. While there is some, the socket is paused. */
  rest: Uint8Array | undefined
  isEofDue: boolean
  failure: NodeJS.ErrnoException | undefined
  hasEnded: boolean
  isDiscarding: boolean
  /** Bytes of the circle that node:net still holds on to. */
  busy: number
  onWritten: () => void
  isEnding: boolean
  isClosing: boolean
  isAborted: boolean
  isGone: boolean
  timer: NodeJS.Timeout | undefined
  quiet: NodeJS.Timeout | undefined
}

/** A listener, as the I/O worker knows it. */
interface Listening {
  readonly slot: number
  readonly at: number
  readonly server: Server
  readonly connections: Set<Connected>
  isFailed: boolean
  isClosing: boolean
  isClosed: boolean
  onDrained: (() => void) | undefined
}

/**
 * The thread that has the sockets. It carries bytes between them and the circles of the shared memory, and does what
 * the other threads ask for by setting a bit in `DIRTY`.
 *
 * It runs from its own text, since no file path is right in the sources, in `dist`, in a test runner and in a bundle
 * alike. So it is closed: what it needs comes from `process.getBuiltinModule` and `workerData`, and it uses no name
 * from outside and no syntax for which a compiler would add a helper function outside.
 */
export function ioWorker(): void {
  const { createConnection, createServer } = process.getBuiltinModule('node:net')
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
  const { memory, layout, cleared, patience } = workerData as IoWorkerData
  const { FLUSH_PATIENCE_MS, FIN_PATIENCE_MS, QUIET_MS } = patience
  const { SLOTS, SLOT_WORDS, SLOT_SHIFT, RX_BYTES, TX_BYTES, START, DEAD, SLEEP, BELL, DIRTY } = layout
  const { GEN, STATE, PIN, OP, FLAGS, SIG, TAKEN, RESULT, RESULT_GEN, DEADLINE } = layout
  const { RX_TAIL, RX_SEQ, RX_WAITING, RX_PAUSED, RX_HEAD, RX_LOCK } = layout
  const { TX_HEAD, TX_SEQ, TX_WAITING, TX_TAIL, TX_LOCK, SENDERS } = layout
  const { READY, FAILED, EOF, FIN, CLOSING, ABORT, FINISHED, GONE, SHUTDOWN } = layout

  const words = new Int32Array(memory)
  const bytes = Buffer.from(memory)
  const { copy } = Buffer.prototype
  const rxFrom = SLOTS * SLOT_WORDS * 4
  const txFrom = rxFrom + SLOTS * RX_BYTES
  const table: (Connected | Listening | undefined)[] = new Array(SLOTS).fill(undefined)
  const limbo: number[] = []

  // --- slots ---

  function claimSlot(): number {
    sweepLimbo()
    const start = Atomics.add(words, layout.HINT, 1) >>> 0
    for (let count = 0; count < SLOTS - 1; count += 1) {
      const slot = 1 + ((start + count) % (SLOTS - 1))
      const at = slot << SLOT_SHIFT
      if (Atomics.compareExchange(words, at + STATE, 0, 1) !== 0) continue
      for (const word of cleared) Atomics.store(words, at + word, 0)
      return slot
    }
    return 0
  }

  /** From here on no handle of it is good. It is free for the next once no thread is in the middle of a call. */
  function releaseSlot({ slot, at }: { readonly slot: number; readonly at: number }): void {
    table[slot] = undefined
    Atomics.store(words, at + STATE, 2)
    Atomics.add(words, at + GEN, 1)
    wakeAll(at)
    limbo.push(slot)
    sweepLimbo()
  }

  function sweepLimbo(): void {
    for (let index = limbo.length - 1; index >= 0; index -= 1) {
      const slot = limbo[index] as number
      const at = slot << SLOT_SHIFT
      const isHeld = [PIN, SENDERS, RX_LOCK, TX_LOCK].some((word) => Atomics.load(words, at + word) !== 0)
      if (isHeld) continue
      Atomics.store(words, at + FLAGS, 0)
      Atomics.store(words, at + STATE, 0)
      limbo.splice(index, 1)
    }
  }

  function readRequest<T>(at: number): T {
    const from = at * 4 + layout.REQUEST_AT
    return JSON.parse(bytes.toString('utf8', from, from + Atomics.load(words, at + layout.REQUEST_LENGTH))) as T
  }

  function writeText(at: number, from: number, room: number, lengthWord: number, text: string): void {
    Atomics.store(words, at + lengthWord, bytes.write(text, at * 4 + from, room))
  }

  function writeAddresses(at: number, value: unknown): void {
    writeText(at, layout.ADDRESS_AT, layout.ADDRESS_BYTES, layout.ADDRESS_LENGTH, JSON.stringify(value))
  }

  function writeError(at: number, error: NodeJS.ErrnoException, reportedCode: string | undefined): void {
    const { message, code = 'EIO', errno, syscall } = error
    const text = JSON.stringify({
      reportedCode: reportedCode ?? code,
      message: message.slice(0, 200),
      code,
      errno,
      syscall,
    })
    writeText(at, layout.ERROR_AT, layout.ERROR_BYTES, layout.ERROR_LENGTH, text)
  }

  // --- waking ---

  function signal(at: number): void {
    Atomics.add(words, at + SIG, 1)
    Atomics.notify(words, at + SIG)
  }

  function wakeReceivers(at: number): void {
    wake(at + RX_SEQ, at + RX_WAITING)
  }

  function wakeSenders(at: number): void {
    wake(at + TX_SEQ, at + TX_WAITING)
  }

  /**
   * Wakes who waits for a word to change. Who waits has read `seq`, then looked, then set `waiting`. When that is taken
   * away the number rises once more: somebody may have set it after the first rise, and not be asleep yet. With an old
   * number he does not fall asleep.
   */
  function wake(seq: number, waiting: number): void {
    Atomics.add(words, seq, 1)
    if (Atomics.load(words, waiting) === 0) return
    Atomics.store(words, waiting, 0)
    Atomics.add(words, seq, 1)
    Atomics.notify(words, seq)
  }

  function wakeAll(at: number): void {
    wakeReceivers(at)
    wakeSenders(at)
    signal(at)
  }

  function flag(at: number, bits: number): void {
    Atomics.or(words, at + FLAGS, bits)
  }

  // --- connections ---

  function adopt(slot: number, socket: Socket, listener: Listening | undefined): Connected {
    const one: Connected = {
      slot,
      at: slot << SLOT_SHIFT,
      socket,
      listener,
      rest: undefined,
      isEofDue: false,
      failure: undefined,
      hasEnded: false,
      isDiscarding: false,
      busy: 0,
      onWritten: () => onWritten(one),
      isEnding: false,
      isClosing: false,
      isAborted: false,
      isGone: false,
      timer: undefined,
      quiet: undefined,
    }
    table[slot] = one
    socket.on('data', (chunk: Uint8Array) => onData(one, chunk))
    socket.on('end', () => onEnd(one))
    socket.on('error', (error: NodeJS.ErrnoException) => onError(one, error))
    socket.on('finish', () => onFinish(one))
    socket.on('close', () => onGone(one))
    return one
  }

  function connect(slot: number): void {
    const at = slot << SLOT_SHIFT
    const { host, port } = readRequest<{ host: string; port: number }>(at)
    const socket = createConnection({ ...placeOf(host, port), allowHalfOpen: true, noDelay: true })
    const one = adopt(slot, socket, undefined)
    socket.once('connect', () => {
      awake()
      writeAddresses(at, addressesOf(socket))
      flag(at, READY)
      signal(at)
      look(one.slot)
    })
  }

  /** A host that begins with a slash is the path of a Unix socket. */
  function placeOf(host: string, port: number): { path: string } | { host: string; port: number } {
    return host[0] === '/' ? { path: host } : { host, port }
  }

  function addressesOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): unknown {
    return { localAddress, localPort, remoteAddress, remotePort }
  }

  function onData(one: Connected, chunk: Uint8Array): void {
    awake()
    if (one.isDiscarding) return
    if (one.rest !== undefined) {
      one.rest = Buffer.concat([one.rest, chunk]) // it came though the socket is paused: rare, and little
      return
    }
    const count = pushBytes(one.at, one.slot, chunk)
    if (count === chunk.length) return
    one.rest = chunk.subarray(count)
    one.socket.pause()
    Atomics.store(words, one.at + RX_PAUSED, 1)
    pushRest(one) // somebody may have made room before he could see that we are paused
  }

  /** Puts as much as there is room for into the circle, and wakes who waits for it. */
  function pushBytes(at: number, slot: number, chunk: Uint8Array): number {
    const tail = Atomics.load(words, at + RX_TAIL)
    const room = RX_BYTES - ((tail - Atomics.load(words, at + RX_HEAD)) | 0)
    const count = Math.min(room, chunk.length)
    if (count === 0) return 0
    const from = tail & (RX_BYTES - 1)
    const first = Math.min(count, RX_BYTES - from)
    const circle = rxFrom + slot * RX_BYTES
    // Buffer's own copy and not TypedArray.set, which moves shared memory word by word.
    copy.call(chunk, bytes, circle + from, 0, first)
    if (count > first) copy.call(chunk, bytes, circle, first, count)
    Atomics.store(words, at + RX_TAIL, (tail + count) | 0)
    wakeReceivers(at)
    return count
  }

  function pushRest(one: Connected): void {
    if (one.rest === undefined) return
    const count = pushBytes(one.at, one.slot, one.rest)
    if (count < one.rest.length) {
      one.rest = one.rest.subarray(count)
      return
    }
    one.rest = undefined
    Atomics.store(words, one.at + RX_PAUSED, 0)
    if (one.isEofDue) tellEof(one)
    if (one.failure !== undefined) tellFailure(one)
    one.socket.resume()
  }

  function onEnd(one: Connected): void {
    awake()
    if (one.hasEnded) return
    one.hasEnded = true
    if (one.rest === undefined) tellEof(one)
    else one.isEofDue = true
  }

  function tellEof(one: Connected): void {
    one.isEofDue = false
    flag(one.at, EOF)
    wakeReceivers(one.at)
  }

  function onError(one: Connected, error: NodeJS.ErrnoException): void {
    awake()
    one.failure ??= error
    if (one.rest === undefined) tellFailure(one)
  }

  function tellFailure(one: Connected): void {
    const error = one.failure as NodeJS.ErrnoException
    // EPIPE is how a peer that has gone shows when one sends to it.
    writeError(one.at, error, error.code === 'EPIPE' ? 'ECONNRESET' : undefined)
    flag(one.at, FAILED)
    wakeAll(one.at)
  }

  /** Hands what is in the circle to the system. */
  function flush(one: Connected): void {
    const { at, slot, socket } = one
    const circle = txFrom + slot * TX_BYTES
    while (one.busy === 0 && !socket.destroyed && !one.isEnding) {
      const head = Atomics.load(words, at + TX_HEAD)
      const count = (Atomics.load(words, at + TX_TAIL) - head) | 0
      if (count === 0) break
      const from = head & (TX_BYTES - 1)
      one.busy = Math.min(count, TX_BYTES - from)
      // Straight out of the circle, without a copy. The sender gets the room back when the system has the bytes.
      socket.write(bytes.subarray(circle + from, circle + from + one.busy), one.onWritten)
      settleWrite(one)
    }
    endWhenFlushed(one)
  }

  /** Once node:net has nothing more to hand on, be it at once or later, the room is the senders' again. */
  function settleWrite(one: Connected): void {
    if (one.busy === 0 || one.socket.writableLength > 0 || one.socket.destroyed) return
    Atomics.add(words, one.at + TX_HEAD, one.busy)
    one.busy = 0
    wakeSenders(one.at)
  }

  function onWritten(one: Connected): void {
    if (one.busy === 0) return
    awake()
    settleWrite(one)
    flush(one)
  }

  function hasMore({ at }: Connected): boolean {
    return Atomics.load(words, at + TX_TAIL) !== Atomics.load(words, at + TX_HEAD)
  }

  /** The FIN goes behind all that was sent, and behind the calls of sendAll that had begun before. */
  function endWhenFlushed(one: Connected): void {
    if (one.isEnding || one.busy > 0 || one.socket.destroyed) return
    if ((Atomics.load(words, one.at + FLAGS) & (FIN | CLOSING)) === 0) return
    if (Atomics.load(words, one.at + SENDERS) > 0 || hasMore(one)) return
    one.isEnding = true
    one.socket.end()
  }

  function onFinish(one: Connected): void {
    awake()
    flag(one.at, FINISHED)
    signal(one.at)
    if (one.isClosing) waitForFin(one)
  }

  /** Closes: what still comes is dropped, what was sent is handed on, and then the peer has a second for its FIN. */
  function beginClose(one: Connected): void {
    one.isClosing = true
    one.isDiscarding = true
    one.rest = undefined
    clearTimeout(one.quiet)
    if (one.isGone) {
      if (one.listener) forget(one.listener, one)
      releaseSlot(one)
      return
    }
    if (one.socket.connecting) {
      one.socket.destroy()
      return
    }
    if (!one.socket.destroyed) one.socket.resume()
    if (one.socket.writableFinished) waitForFin(one)
    else {
      const deadline = Atomics.load(words, one.at + DEADLINE)
      if (deadline >= 0) one.timer = setTimeout(() => abort(one), deadline)
      else watchProgress(one, Atomics.load(words, one.at + TX_HEAD))
    }
  }

  function watchProgress(one: Connected, head: number): void {
    one.timer = setTimeout(() => {
      const now = Atomics.load(words, one.at + TX_HEAD)
      if (now === head) abort(one)
      else watchProgress(one, now)
    }, FLUSH_PATIENCE_MS)
  }

  function waitForFin(one: Connected): void {
    clearTimeout(one.timer)
    const deadline = Atomics.load(words, one.at + DEADLINE)
    const ms = deadline >= 0 ? Math.min(deadline, 2_147_483_647) : FIN_PATIENCE_MS
    one.timer = setTimeout(() => one.socket.destroy(), ms) // all is with the system, which goes on alone
  }

  function abort(one: Connected): void {
    one.isAborted = true
    flag(one.at, ABORT)
    wakeAll(one.at)
    if (one.socket.destroyed) return
    const { writableEnded, writableFinished, writableLength } = one.socket
    // While the FIN is on its way node:net cannot reset (EINVAL), and would never tell that the socket is gone.
    if (writableEnded && !writableFinished && writableLength === 0) one.socket.destroy()
    else one.socket.resetAndDestroy()
  }

  function onGone(one: Connected): void {
    awake()
    one.isGone = true
    clearTimeout(one.timer)
    clearTimeout(one.quiet)
    const { at, socket, listener } = one
    // Gone without a FIN, an error or a word of ours: node:net hides some resets (EPIPE while nobody reads).
    const isComplete = one.hasEnded && socket.writableFinished
    if (!one.isClosing && !isComplete && one.failure === undefined) {
      one.failure = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
      if (one.rest === undefined) tellFailure(one)
    }
    Atomics.store(words, at + RESULT, socket.writableFinished && !one.isAborted ? 1 : 2)
    Atomics.store(words, at + RESULT_GEN, Atomics.load(words, at + GEN))
    flag(at, GONE)
    wakeAll(at)
    // One that nobody has taken stays in the queue: accept finds it gone, and passes it over.
    if (listener && Atomics.load(words, at + TAKEN) !== 0) forget(listener, one)
    // Called off or closed meanwhile, and we have not looked yet.
    if (one.isClosing || Atomics.load(words, at + FLAGS) & CLOSING) releaseSlot(one)
  }

  function lookAtConnection(one: Connected): void {
    const flags = Atomics.load(words, one.at + FLAGS)
    if (flags & CLOSING && !one.isClosing) {
      if (flags & ABORT) one.isAborted = true
      beginClose(one)
      if (table[one.slot] !== one) return
    }
    if (flags & ABORT && !one.socket.destroyed) {
      abort(one)
      return
    }
    if (one.isDiscarding) flush(one)
    else {
      pushRest(one)
      flush(one)
    }
  }

  // --- listeners ---

  function bind(slot: number): void {
    const at = slot << SLOT_SHIFT
    const { host, port, backlog, most, keepAlive } = readRequest<Bind>(at)
    const server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: keepAlive !== undefined,
      keepAliveInitialDelay: keepAlive ?? 0,
    })
    const one: Listening = {
      slot,
      at,
      server,
      connections: new Set(),
      isFailed: false,
      isClosing: false,
      isClosed: false,
      onDrained: undefined,
    }
    table[slot] = one
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (server.listening) return // accept(2) itself failed (Windows): node:net goes on listening, and so do we
      one.isFailed = true
      writeError(at, error, undefined)
      flag(at, FAILED)
      signal(at)
    })
    server.on('connection', (socket: Socket) => onConnection(one, socket))
    server.on('drop', (data) => onDrop(one, formatPeer(data?.remoteAddress, data?.remotePort)))
    server.listen({ ...placeOf(host, port), backlog }, () => {
      const bound = server.address() as AddressInfo | string
      const { address, port } = typeof bound === 'string' ? { address: bound, port: 0 } : bound
      server.maxConnections = most
      writeAddresses(at, { localAddress: address, localPort: port })
      flag(at, READY)
      signal(at)
      look(slot)
    })
  }

  function formatPeer(host = '', port = 0): string {
    const bare = host.replace(/^::ffff:(?=\d+\.)/i, '')
    return bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`
  }

  function onConnection(listener: Listening, socket: Socket): void {
    awake()
    const peer = formatPeer(socket.remoteAddress, socket.remotePort)
    const slot = listener.isClosing ? 0 : claimSlot()
    if (slot === 0) {
      onDrop(listener, peer)
      socket.on('error', () => socket.destroy())
      socket.resetAndDestroy()
      return
    }
    const one = adopt(slot, socket, listener)
    writeAddresses(one.at, addressesOf(socket))
    flag(one.at, READY)
    listener.connections.add(one)
    Atomics.add(words, listener.at + layout.QUEUED, 1)
    pushRecord(listener, layout.RECORD_CONNECTION, slot, Atomics.load(words, one.at + GEN), peer)
    socket.resume()
  }

  function onDrop(listener: Listening, peer: string): void {
    awake()
    Atomics.add(words, listener.at + layout.DROPPED, 1)
    const used = (Atomics.load(words, listener.at + RX_TAIL) - Atomics.load(words, listener.at + RX_HEAD)) | 0
    // Only half of the queue is for news of this kind: what is not told is still counted.
    if (used < RX_BYTES / 2) pushRecord(listener, layout.RECORD_DROP, 0, 0, peer)
  }

  function pushRecord({ at, slot: own }: Listening, kind: number, slot: number, gen: number, peer: string): void {
    const record = Buffer.alloc(layout.RECORD_BYTES)
    const length = record.write(peer, 16)
    record.writeInt32LE(kind, 0)
    record.writeInt32LE(slot, 4)
    record.writeInt32LE(gen, 8)
    record.writeInt32LE(length, 12)
    pushBytes(at, own, record)
  }

  function forget(listener: Listening, one: Connected): void {
    if (!listener.connections.delete(one)) return
    if (Atomics.load(words, one.at + TAKEN) === 1) Atomics.sub(words, listener.at + layout.ACTIVE, 1)
    if (listener.connections.size > 0) return
    listener.onDrained?.()
    if (listener.isClosed) releaseListener(listener)
  }

  /** The figures of a listener stay until the last of its connections has gone. */
  function releaseListener(listener: Listening): void {
    if (table[listener.slot] === listener) releaseSlot(listener)
  }

  function lookAtListener(one: Listening): void {
    const flags = Atomics.load(words, one.at + FLAGS)
    if ((flags & CLOSING) === 0) return
    if (one.isClosing) {
      // A shutdown gives them time, and an abort takes it away.
      if (flags & ABORT) for (const connection of taken(one)) if (!connection.isAborted) abortOne(one, connection)
      return
    }
    one.isClosing = true
    if (one.isFailed) {
      releaseListener(one)
      return
    }
    if ((flags & READY) === 0) {
      one.isClosing = false // it is being bound; this is called again when it is
      return
    }
    for (const connection of one.connections) {
      if (Atomics.compareExchange(words, connection.at + TAKEN, 0, 2) !== 0) continue
      Atomics.add(words, one.at + layout.DROPPED, 1)
      Atomics.sub(words, one.at + layout.QUEUED, 1)
      flag(connection.at, CLOSING | ABORT)
      lookAtConnection(connection)
    }
    one.server.close()
    if (flags & ABORT) for (const connection of taken(one)) abortOne(one, connection)
    // libuv gives the descriptor back at the end of this turn.
    setImmediate(() => {
      if (flags & SHUTDOWN) drain(one)
      else finishListener(one)
    })
  }

  function taken(one: Listening): Connected[] {
    return [...one.connections].filter(({ at }) => Atomics.load(words, at + TAKEN) === 1)
  }

  function drain(one: Listening): void {
    const deadline = Atomics.load(words, one.at + DEADLINE)
    const open = taken(one)
    for (const connection of open) endWhenQuiet(connection, Math.min(QUIET_MS, deadline / 5))
    const settle = (): void => {
      clearTimeout(timer)
      one.onDrained = undefined
      for (const connection of taken(one)) {
        if (connection.socket.writableFinished) connection.socket.destroy()
        else abortOne(one, connection)
      }
      const aborted = Atomics.load(words, one.at + layout.ABORTED)
      Atomics.store(words, one.at + layout.DRAINED, Math.max(0, open.length - aborted))
      finishListener(one)
    }
    const timer = setTimeout(settle, deadline)
    one.onDrained = settle
    if (one.connections.size === 0) settle()
  }

  function finishListener(one: Listening): void {
    one.isClosed = true
    flag(one.at, GONE)
    wakeAll(one.at)
    if (one.connections.size === 0) releaseListener(one)
  }

  function abortOne(listener: Listening, one: Connected): void {
    Atomics.add(words, listener.at + layout.ABORTED, 1)
    abort(one)
  }

  /** For a program that waits for a peer that says nothing: after `ms` without a byte its recv gives null. */
  function endWhenQuiet(one: Connected, ms: number): void {
    const tail = Atomics.load(words, one.at + RX_TAIL)
    const judge = (): void => {
      if (one.isClosing || one.isGone) return
      const isQuiet = Atomics.load(words, one.at + RX_TAIL) === tail
      if (!isQuiet || Atomics.load(words, one.at + RX_WAITING) === 0) {
        endWhenQuiet(one, ms)
        return
      }
      one.isDiscarding = true
      flag(one.at, layout.TOLD_EOF) // the end is ours, not the peer's
      tellEof(one)
      one.socket.resume()
    }
    // A busy machine may have given us no turn for so long: what has come meanwhile is read first.
    one.quiet = setTimeout(() => setImmediate(judge), ms)
  }

  // --- the loop ---

  let isTurnDue = false
  let isListening = false

  /** Something happens: threads need not ring, since the turn ends with a look at what they want. */
  function awake(): void {
    if (isTurnDue) return
    isTurnDue = true
    Atomics.store(words, SLEEP, 0)
    setImmediate(turn)
  }

  function look(slot: number): void {
    const one = table[slot]
    if (one !== undefined) {
      if ('server' in one) lookAtListener(one)
      else lookAtConnection(one)
      return
    }
    const at = slot << SLOT_SHIFT
    const op = Atomics.exchange(words, at + OP, 0)
    const flags = Atomics.load(words, at + FLAGS)
    if (op !== 0) begin(slot, op)
    else if (Atomics.load(words, at + STATE) === 1 && flags & FAILED && flags & CLOSING) {
      releaseSlot({ slot, at }) // it never came to anything
    }
  }

  function begin(slot: number, op: number): void {
    const at = slot << SLOT_SHIFT
    try {
      if (op === 1) bind(slot)
      else connect(slot)
    } catch (error) {
      // An argument that node:net does not take: that is its caller's trouble, and not of all who have sockets.
      table[slot] = undefined
      writeError(at, error as NodeJS.ErrnoException, undefined)
      flag(at, FAILED)
      signal(at)
    }
    look(slot) // it may have been called off already
  }

  /** Does what the threads have asked for. */
  function scan(): boolean {
    let hasDone = false
    for (let index = 0; index < SLOTS / 32; index += 1) {
      if (Atomics.load(words, DIRTY + index) === 0) continue
      hasDone = true
      let bits = Atomics.exchange(words, DIRTY + index, 0)
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits)
        bits &= ~(1 << bit)
        look((index << 5) + bit)
      }
    }
    return hasDone
  }

  function isDirty(): boolean {
    for (let index = 0; index < SLOTS / 32; index += 1) if (Atomics.load(words, DIRTY + index) !== 0) return true
    return false
  }

  function turn(): void {
    isTurnDue = false
    scan()
    if (limbo.length > 0) sweepLimbo()
    sleep()
  }

  /** Lets the event loop wait for the sockets and for the bell. */
  function sleep(): void {
    if (!isListening) {
      isListening = true
      const wait = Atomics.waitAsync(words, BELL, 0)
      if (!wait.async) throw new Error('The bell has a value of its own')
      void wait.value.then(() => {
        isListening = false
        awake()
      })
    }
    Atomics.store(words, SLEEP, 1)
    if (isDirty()) awake() // somebody asked before he could see that we sleep
  }

  process.on('uncaughtException', (error) => {
    process
      .getBuiltinModule('node:fs')
      .writeSync(2, `The I/O worker of @fund/net-core/blocking failed: ${error.stack}\n`)
    Atomics.store(words, DEAD, 1)
    for (let slot = 1; slot < SLOTS; slot += 1) {
      Atomics.store(words, (slot << SLOT_SHIFT) + RX_WAITING, 1)
      Atomics.store(words, (slot << SLOT_SHIFT) + TX_WAITING, 1)
      wakeAll(slot << SLOT_SHIFT)
    }
    process.exit(1)
  })
  parentPort?.on('message', () => undefined) // keeps this thread's loop alive; whoever started it has unref'd it
  sleep()
  Atomics.store(words, START, 2)
  Atomics.notify(words, START)
}
