/*
 * The memory that the threads of a process share: a table of slots, one for each socket, and two circles of bytes for
 * each connection. A slot is a header of 32-bit words and three texts. Slot 0 is no socket: its words are for all.
 *
 * Who may write a word is said with it: `io` is the I/O worker, `any` a thread that makes calls. Words that two sides
 * write often lie 64 bytes apart, so that two cores do not fight for one line of their caches.
 */

/** Where everything lies. It is handed to the I/O worker as data, which can import nothing. */
export const layout = {
  SLOTS: 1024,
  SLOT_WORDS: 1024, // 4 KiB
  SLOT_SHIFT: 10,
  RX_BYTES: 131_072,
  TX_BYTES: 131_072,

  // Slot 0, in words.
  START: 0, // 0 nobody has started the I/O worker, 1 somebody has, 2 it is at work
  DEAD: 1, // 1 when the I/O worker has failed, 2 when it has ended with the thread that started it
  SLEEP: 2, // 1 when the I/O worker has to be woken, 0 when it looks by itself
  BELL: 3, // what wakes it; the value never changes
  HINT: 5, // where to begin to look for a free slot
  NEVER: 6, // never changes, and nobody wakes who waits for it: a way to sleep
  DIRTY: 64, // 32 words, a bit for each slot that the I/O worker has to look at

  // A slot: its life, in words.
  GEN: 0, // io: rises when the slot is given up; a handle with another number is none of its
  STATE: 1, // 0 free, 1 taken, 2 given up, but somebody still holds a lock of it
  PIN: 2, // any: threads that still want to read something here, though it may be given up
  OP: 3, // any, then io: 1 bind, 2 connect
  FLAGS: 4, // both, bit by bit
  SIG: 5, // both: rises with every change of FLAGS that a thread may wait for
  CONN: 6, // any: the connection's number in the events
  TAKEN: 7, // 0 in the queue of its listener, 1 accepted, 2 dropped
  RESULT: 8, // io: how the close ended, 1 well, 2 not
  RESULT_GEN: 9, // io: and for which generation
  DEADLINE: 10, // any: of a close or a shutdown, in ms; -1 for none
  REQUEST_LENGTH: 11,
  ADDRESS_LENGTH: 12,
  ERROR_LENGTH: 13,

  // From the peer to us. The counters run on and on, and wrap at 2^32.
  RX_TAIL: 16, // io: how many bytes have come
  RX_SEQ: 17, // both: rises whenever there is something new for somebody who waits
  RX_WAITING: 18, // any sets it before it waits; who wakes takes it away
  RX_PAUSED: 19, // io: there is more to come than there was room for
  RX_HEAD: 32, // any, under the lock: how many bytes were received
  RX_HIGH: 33, // any, under the lock: how often RX_HEAD has wrapped
  RX_LOCK: 34,

  // From us to the peer.
  TX_HEAD: 48, // io: how many bytes the system has taken
  TX_SEQ: 49,
  TX_WAITING: 50,
  TX_TAIL: 64, // any, under the lock: how many bytes were sent
  TX_HIGH: 65, // any, under the lock
  TX_LOCK: 66,
  SENDERS: 67, // any: calls of sendAll that are under way

  // A listener's figures.
  ACCEPTED: 80, // any
  ACTIVE: 81, // both
  PEAK: 82, // any
  DROPPED: 83, // io
  QUEUED: 84, // both: connections that wait to be accepted
  DRAINED: 85, // io: how a shutdown ended
  ABORTED: 86, // io

  // The texts of a slot, in bytes from its beginning.
  REQUEST_AT: 512,
  REQUEST_BYTES: 1024,
  ADDRESS_AT: 1536,
  ADDRESS_BYTES: 512,
  ERROR_AT: 2048,
  ERROR_BYTES: 1024,

  // One record in the queue of a listener, which is the circle RX of its slot: kind, slot, generation, length, text.
  RECORD_BYTES: 64,
  RECORD_CONNECTION: 1,
  RECORD_DROP: 2,

  // FLAGS.
  READY: 1, // io: bound, or connected
  FAILED: 2, // io: it never was, or broke; ERROR says why
  EOF: 4, // io: the peer's last byte has come
  FIN: 8, // any: closeWrite was called
  CLOSING: 16, // any: close was called
  ABORT: 32, // both: abort was called, or the patience of close is at its end
  FINISHED: 64, // io: the system has all that was sent, and the FIN
  GONE: 128, // io: it is over
  LISTENING: 256, // any: listen was called
  SHUTDOWN: 512, // any: shutdown was called
  TOLD_EOF: 1024, // any: these events were told
  TOLD_FIN: 2048,
  TOLD_RESET: 4096,
  TOLD_CLOSE: 8192,
} as const

/** The type of {@link layout}. */
export type Layout = typeof layout

/** How many bytes the memory has: the slots, then the circles. Most of it is never touched, and costs nothing. */
export const MEMORY_BYTES: number = layout.SLOTS * (layout.SLOT_WORDS * 4 + layout.RX_BYTES + layout.TX_BYTES)

/** The words that are 0 when a socket takes a slot. The others live on, since threads may still wait for them. */
export const CLEARED: readonly number[] = [
  layout.OP,
  layout.FLAGS,
  layout.CONN,
  layout.TAKEN,
  layout.RX_TAIL,
  layout.RX_PAUSED,
  layout.RX_HEAD,
  layout.RX_HIGH,
  layout.TX_HEAD,
  layout.TX_TAIL,
  layout.TX_HIGH,
  layout.ACCEPTED,
  layout.ACTIVE,
  layout.PEAK,
  layout.DROPPED,
  layout.QUEUED,
  layout.DRAINED,
  layout.ABORTED,
]
