/*
 * What a room speaks through. A room says nothing to its members by itself: it hands what they said to the bus, and gives
 * out what comes back. So all servers of a room show one order, and a room on one server is the same program with a bus
 * that gives everything back at once.
 */

/** What the members of one server said in one turn of its event loop. */
export interface Said {
  /** Whole lines, each with its LF, already cleaned: they go to members as they are. */
  readonly lines: Buffer
  /** How many lines these are. */
  readonly count: number
  /** What the room wants other servers to know besides (who came, who left, a nick): the bus carries it unread. */
  readonly notes?: readonly string[] | undefined
}

/** What one server said, at its place in the one order for all. */
export interface Frame extends Said {
  /** Its place, for `since`. Opaque, at most 64 characters of `[0-9-]`. */
  readonly id: string
  /** Who said it: a server, in one of its lives. */
  readonly origin: string
  readonly notes: readonly string[]
}

/** Whether what is said here reaches the other servers: `split` when the broker is away. */
export type BusState = 'whole' | 'split'

/** What a room is told. None of these may throw. */
export interface BusListener {
  /** The next thing said, our own included: give it out. */
  onFrame(frame: Frame): void
  /** The broker went away, or is back and everything held here is on its way. Told once for each change. */
  onState?(state: BusState): void
  /** Lines were lost to this server: at least so many. With 0, some may have been, and nobody can know. */
  onLost?(lines: number): void
  /**
   * Another server ended without a word, or left and its users did not come back in time. `users` is what it presented
   * last. Of all servers one is told, and it says so to all.
   */
  onGone?(users: string, origin: string): void
  /** This server was taken for dead by the others (it stood still too long), and is back. */
  onRevived?(): void
}

/** What was said after a place in the order. */
export interface Missed {
  readonly frames: readonly Frame[]
  /** False when the bus does not remember that far: lines are missing before the first frame. */
  readonly isWhole: boolean
}

/**
 * The way from one room to all its servers and back.
 *
 * At start: `history`, then `follow`, and nothing is missed between the two. At the end: `close`.
 */
export interface Bus {
  /** This server in this life: what its frames carry as `origin`. */
  readonly origin: string
  readonly state: BusState
  /** The id of the frame that `onFrame` was given last; before the first, where following begins. */
  readonly place: string
  /**
   * Says something to all servers; it comes back by `onFrame`, in its order. Call it at most once in a turn of the event
   * loop. Never refuses: what cannot be sent is held, and `isFull` says when it is time to stop.
   */
  publish(said: Said): void
  /** Resolves when all that was published until now has come back, or the bus is closed. */
  settled(): Promise<void>
  /** So much is held that no more lines should be taken from members: wait for `drained` before reading the next. */
  readonly isFull: boolean
  /** Resolves when `isFull` is false, or the bus is closed. */
  drained(): Promise<void>
  /** The last frames: enough for so many lines, if the bus remembers that many. The first may hold more than is needed. */
  history(lines: number): Promise<readonly Frame[]>
  /** Begins to tell: what was said after the end of the last `history`, or after the bus was opened. Called once. */
  follow(listener: BusListener): void
  /**
   * What was said after the frame with this id, up to `place`. It is given in a call, once: who becomes a member within
   * that call misses nothing and gets nothing twice.
   *
   * @throws {NetError} when the broker cannot be asked; `give` was not called then.
   */
  since(id: string, give: (missed: Missed) => void): Promise<void>
  /**
   * Tells the other servers who is here, in the room's own words; nobody is ''. To be called when it changed, some times a
   * second at most. Who was here when this server ended is gone for the others 10 to 20 s later.
   */
  present(users: string): void
  /** What the other servers presented last, by origin. */
  readonly others: ReadonlyMap<string, string>
  /** What happened so far, for a page of counters: names in snake_case. */
  readonly counters: Readonly<Record<string, number>>
  /** 32 bytes that the servers of this room share, and nobody else knows: see resumption-token.ts. */
  secret(): Promise<Buffer>
  /**
   * Hands over what is held, at most for `deadline` ms, and ends: no more is told. Resolves with the number of lines that
   * did not get away.
   */
  close(options?: { readonly deadline?: number | undefined }): Promise<number>
}
