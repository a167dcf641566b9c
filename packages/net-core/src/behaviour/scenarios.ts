import type { Scenario, Step } from './scenario.ts'

const MiB = 1024 * 1024
/** More than two programs and the systems between them hold. */
const ENDLESS = { bytes: 32 * MiB }
/** A reset behind bytes that node:net has not read is told as EOF when it comes just as the last of them are read (libuv). */
const BROKEN_OFF = { oneOf: ['ECONNRESET', 'FIN'] }

/** The program listens, a peer connects, the program accepts. */
const pair = (peer: { isReading?: boolean; holdsOn?: boolean } = {}): Step[] => [
  { program: 'listen', as: 'l' },
  { peer: 'connect', to: 'l', as: 'p', ...peer },
  { program: 'accept', on: 'l', as: 'c' },
]

/** Neither text nor bytes, and what it is called. */
const NO_MESSAGES: readonly (readonly [raw: unknown, type: string])[] = [
  [5, 'Number'],
  [{ length: 3 }, 'Object'],
  [new ArrayBuffer(3), 'ArrayBuffer'],
  [new DataView(new ArrayBuffer(3)), 'DataView'],
  [new Uint16Array(3), 'Uint16Array'],
]

/** Every behaviour of the two faces. */
export const scenarios: readonly Scenario[] = [
  // --- receiving ---
  {
    name: 'recv gives a line, sendAll sends it back, and EOF is null for ever',
    steps: [
      ...pair(),
      { peer: 'send', data: 'oi\n' },
      { program: 'recv', on: 'c', gives: 'oi\n' },
      { program: 'sendAll', on: 'c', data: 'oi\n' },
      { peer: 'hear', count: 3, gives: 'oi\n' },
      { peer: 'finish' },
      { program: 'recv', on: 'c', gives: null },
      { program: 'recv', on: 'c', gives: null },
      { program: 'recv', on: 'c', gives: null },
      { program: 'close', on: 'c', gives: true },
      { peer: 'ends', gives: 'FIN' },
    ],
  },
  {
    name: 'an empty line is one byte, not EOF',
    steps: [
      ...pair(),
      { peer: 'send', data: '\n' },
      { program: 'recv', on: 'c', gives: '\n' },
      { peer: 'finish' },
      { program: 'recv', on: 'c', gives: null },
    ],
  },
  {
    name: 'recv waits until something comes',
    steps: [
      ...pair(),
      { program: 'recv', on: 'c', starts: true },
      { waits: 'recv' },
      { peer: 'send', data: 'at last' },
      { ended: 'program', gives: 'at last' },
    ],
  },
  {
    name: 'recv gives no more than was asked for, and keeps the rest',
    steps: [
      ...pair(),
      { peer: 'send', data: 'abcdef' },
      { program: 'recv', on: 'c', args: [1], gives: 'a' },
      { program: 'recv', on: 'c', args: [3], gives: 'bcd' },
      { program: 'recv', on: 'c', gives: 'ef' },
    ],
  },
  {
    name: 'recv refuses to receive less than a byte',
    steps: [
      ...pair(),
      { peer: 'send', data: 'abc' },
      { program: 'recv', on: 'c', args: [0], fails: 'RangeError' },
      { program: 'recv', on: 'c', args: [-1], fails: 'RangeError' },
      { program: 'recv', on: 'c', args: [1.5], fails: 'RangeError' },
      { program: 'recv', on: 'c', args: [1, { timeout: -1 }], fails: 'RangeError' },
      { program: 'recv', on: 'c', gives: 'abc' },
    ],
  },
  {
    name: 'bytes that drip in make the same stream',
    steps: [
      ...pair(),
      { peer: 'drip', data: 'olá, mundo\n' },
      { peer: 'finish' },
      { program: 'recvAll', on: 'c', gives: 'olá, mundo\n' },
    ],
  },
  {
    name: 'recv times out, and loses no byte',
    steps: [
      ...pair(),
      {
        program: 'recv',
        on: 'c',
        args: [10, { timeout: 5 }],
        fails: 'ETIMEDOUT',
        says: 'Cannot receive from {p}: nothing came of it in the time given (ETIMEDOUT)',
      },
      { peer: 'send', data: 'abc' },
      { program: 'recv', on: 'c', args: [10, { timeout: 5_000 }], gives: 'abc' },
    ],
  },
  {
    name: 'a fast peer is held back while nobody receives, and then every byte comes',
    steps: [
      ...pair(),
      { peer: 'stuff', data: { bytes: 24 * MiB } },
      { program: 'recvAll', on: 'c', gives: { bytes: 24 * MiB } },
    ],
  },
  {
    name: 'a close wakes who receives with EBADF',
    steps: [
      ...pair(),
      { program: 'recv', on: 'c', starts: true },
      { waits: 'recv' },
      { other: 'close', on: 'c', gives: true },
      {
        ended: 'program',
        fails: 'EBADF',
        says: 'Cannot receive from {p}: this program has already closed it (EBADF)',
      },
      { program: 'recv', on: 'c', fails: 'EBADF' },
    ],
  },
  {
    name: 'an abort wakes who receives with EBADF',
    steps: [
      ...pair(),
      { program: 'recv', on: 'c', starts: true },
      { waits: 'recv' },
      { other: 'abort', on: 'c' },
      { ended: 'program', fails: 'EBADF' },
      { peer: 'ends', gives: 'ECONNRESET' },
    ],
  },
  {
    name: 'one of two who receive gets the bytes, the other the next ones',
    steps: [
      ...pair(),
      { program: 'recv', on: 'c', starts: true },
      { waits: 'recv' },
      { other: 'recv', on: 'c', starts: true },
      { waits: 'recv' },
      { peer: 'send', data: 'x' },
      { peer: 'finish' },
      { ended: 'program', gives: { oneOf: ['x', null] } },
      { ended: 'other', gives: { oneOf: ['x', null] } },
    ],
  },

  // --- resets ---
  {
    name: 'a reset before the first byte wakes recv with ECONNRESET',
    steps: [
      ...pair(),
      { program: 'recv', on: 'c', starts: true },
      { waits: 'recv' },
      { peer: 'reset' },
      {
        ended: 'program',
        fails: 'ECONNRESET',
        says: 'Cannot receive from {p}: the peer broke the connection off (ECONNRESET)',
      },
      { program: 'recv', on: 'c', fails: 'ECONNRESET' },
      { program: 'close', on: 'c', gives: false },
    ],
  },
  {
    name: 'what came before a reset is received, and then the reset',
    steps: [
      ...pair(),
      { peer: 'send', data: 'cut sho' },
      { program: 'recv', on: 'c', args: [3], gives: 'cut' },
      { peer: 'reset' },
      { program: 'recv', on: 'c', gives: ' sho' },
      { program: 'recv', on: 'c', fails: 'ECONNRESET' },
    ],
  },
  {
    name: 'a reset in the middle of a message wakes sendAll, which tells how far it came',
    steps: [
      ...pair({ isReading: false }),
      { program: 'sendAll', on: 'c', data: ENDLESS, starts: true },
      { waits: 'send' },
      { peer: 'reset' },
      { ended: 'program', fails: 'ECONNRESET', sent: { least: 0, most: 32 * MiB } },
      { program: 'sendAll', on: 'c', data: 'more', fails: 'ECONNRESET', sent: { least: 0, most: 1 } },
      { program: 'close', on: 'c', gives: false },
    ],
  },
  {
    name: 'EOF stays EOF when the peer resets later',
    steps: [
      ...pair({ isReading: false }),
      { peer: 'finish' },
      { program: 'recv', on: 'c', gives: null },
      { program: 'sendAll', on: 'c', data: ENDLESS, starts: true },
      { waits: 'send' },
      { peer: 'reset' },
      { ended: 'program', fails: 'ECONNRESET', sent: { least: 0, most: 32 * MiB } },
      { program: 'recv', on: 'c', gives: null },
    ],
  },

  // --- sending ---
  {
    name: 'bytes and text are sent as they are',
    steps: [
      ...pair(),
      { program: 'sendAll', on: 'c', data: 'olá\n' },
      { program: 'sendAll', on: 'c', data: '' },
      { program: 'sendAll', on: 'c', data: { bytes: 0 } },
      { program: 'closeWrite', on: 'c' },
      { peer: 'hearAll', gives: 'olá\n' },
    ],
  },
  {
    name: 'a MiB goes out and comes back byte by byte',
    steps: [
      ...pair(),
      { program: 'recvAll', on: 'c', starts: true },
      { peer: 'send', data: { bytes: MiB, seed: 7 } },
      { peer: 'finish' },
      { ended: 'program', gives: { bytes: MiB, seed: 7 } },
      { program: 'sendAll', on: 'c', data: { bytes: MiB, seed: 8 } },
      { program: 'closeWrite', on: 'c' },
      { peer: 'hearAll', gives: { bytes: MiB, seed: 8 } },
    ],
  },
  {
    name: 'sendAll waits for a peer that does not read, and goes on when it does, every byte in its place',
    steps: [
      ...pair({ isReading: false }),
      { program: 'sendAll', on: 'c', data: { bytes: 16 * MiB }, starts: true },
      { waits: 'send' },
      { peer: 'read' },
      { ended: 'program' },
      { program: 'closeWrite', on: 'c' },
      { peer: 'hearAll', gives: { bytes: 16 * MiB } },
    ],
  },
  {
    name: 'sendAll that times out says how far it came, and breaks the connection off',
    steps: [
      ...pair({ isReading: false }),
      {
        program: 'sendAll',
        on: 'c',
        data: ENDLESS,
        args: [{ timeout: 50 }],
        fails: 'ETIMEDOUT',
        sent: { least: 0, most: 32 * MiB },
      },
      { program: 'isClosed', on: 'c', gives: true },
      { program: 'sendAll', on: 'c', data: 'more', fails: 'EBADF', sent: { least: 0, most: 1 } },
      { peer: 'read' },
      { peer: 'ends', gives: BROKEN_OFF },
    ],
  },
  {
    name: 'an abort wakes who sends with EBADF',
    steps: [
      ...pair({ isReading: false }),
      { program: 'sendAll', on: 'c', data: ENDLESS, starts: true },
      { waits: 'send' },
      { other: 'abort', on: 'c' },
      { ended: 'program', fails: 'EBADF', sent: { least: 0, most: 32 * MiB } },
      { peer: 'read' },
      { peer: 'ends', gives: BROKEN_OFF },
    ],
  },
  {
    name: 'a close lets a sendAll that is under way finish when the peer reads',
    steps: [
      ...pair({ isReading: false }),
      { program: 'sendAll', on: 'c', data: { bytes: 16 * MiB }, starts: true },
      { waits: 'send' },
      { other: 'close', on: 'c', starts: true, gives: true },
      { peer: 'read' },
      { ended: 'program' },
      { ended: 'other', gives: true },
      { peer: 'hearAll', gives: { bytes: 16 * MiB } },
    ],
  },
  {
    name: 'a close wakes a sendAll whose peer does not read, with EBADF, at its deadline',
    steps: [
      ...pair({ isReading: false }),
      { program: 'sendAll', on: 'c', data: ENDLESS, starts: true },
      { waits: 'send' },
      { other: 'close', on: 'c', args: [{ deadline: 100 }], gives: false },
      { ended: 'program', fails: 'EBADF', sent: { least: 0, most: 32 * MiB } },
      { peer: 'read' },
      { peer: 'ends', gives: BROKEN_OFF },
    ],
  },
  {
    name: 'two who send at once each send their message whole',
    steps: [
      ...pair({ isReading: false }),
      { program: 'sendAll', on: 'c', data: { bytes: 8 * MiB }, starts: true },
      { waits: 'send' },
      { other: 'sendAll', on: 'c', data: 'behind', starts: true },
      { peer: 'read' },
      { ended: 'program' },
      { ended: 'other' },
      { peer: 'hear', count: 8 * MiB, gives: { bytes: 8 * MiB } },
      { peer: 'hear', count: 6, gives: 'behind' },
    ],
  },
  {
    name: 'trySend never waits, and says what it did',
    steps: [
      ...pair({ isReading: false }),
      { program: 'trySend', on: 'c', data: 'oi\n', gives: { oneOf: ['sent', 'queued'] } },
      { program: 'sendAll', on: 'c', data: ENDLESS, starts: true },
      { waits: 'send' },
      { other: 'trySend', on: 'c', data: 'no', gives: 'over' },
      { other: 'abort', on: 'c' },
      { ended: 'program', fails: 'EBADF' },
      { program: 'trySend', on: 'c', data: 'no', gives: 'closed' },
    ],
  },
  {
    name: 'sendAll and trySend refuse what is neither text nor bytes, and send nothing of it',
    steps: [
      ...pair(),
      ...NO_MESSAGES.flatMap(([raw, type]) =>
        (['sendAll', 'trySend'] as const).map((program) => ({
          program,
          on: 'c',
          data: { raw },
          fails: 'TypeError',
          says: `Cannot send a value of the type ${type}: a message is a string or a Uint8Array`,
        })),
      ),
      { program: 'sendAll', on: 'c', data: 'oi\n' },
      { peer: 'hear', count: 3, gives: 'oi\n' },
    ],
  },
  {
    name: 'trySend sends in order with sendAll',
    steps: [
      ...pair(),
      { program: 'sendAll', on: 'c', data: 'one ' },
      { program: 'trySend', on: 'c', data: 'two ', gives: { oneOf: ['sent', 'queued'] } },
      { program: 'sendAll', on: 'c', data: 'three' },
      { program: 'closeWrite', on: 'c' },
      { program: 'trySend', on: 'c', data: 'four', gives: 'closed' },
      { program: 'queued', on: 'c', gives: 0 },
      { peer: 'hearAll', gives: 'one two three' },
    ],
  },

  // --- ends ---
  {
    name: 'closeWrite ends one direction only',
    steps: [
      ...pair({ holdsOn: true }),
      { program: 'sendAll', on: 'c', data: 'last words' },
      { program: 'closeWrite', on: 'c' },
      { peer: 'hearAll', gives: 'last words' },
      { peer: 'send', data: 'an answer' },
      { program: 'recv', on: 'c', gives: 'an answer' },
      { peer: 'finish' },
      { program: 'recv', on: 'c', gives: null },
      { program: 'close', on: 'c', gives: true },
    ],
  },
  {
    name: 'sending goes on after the peer has half-closed',
    steps: [
      ...pair({ holdsOn: true }),
      { peer: 'send', data: 'question\n' },
      { peer: 'finish' },
      { program: 'recvAll', on: 'c', gives: 'question\n' },
      { program: 'sendAll', on: 'c', data: 'answer\n' },
      { program: 'closeWrite', on: 'c' },
      { peer: 'hearAll', gives: 'answer\n' },
    ],
  },
  {
    name: 'sending after closeWrite is EPIPE, after close EBADF',
    steps: [
      ...pair(),
      { program: 'closeWrite', on: 'c' },
      {
        program: 'sendAll',
        on: 'c',
        data: 'more',
        fails: 'EPIPE',
        says: 'Cannot send to {p}: nothing more can be sent on this connection (EPIPE)',
        sent: { least: 0, most: 1 },
      },
      { program: 'closeWrite', on: 'c' },
      { program: 'close', on: 'c', gives: true },
      { program: 'sendAll', on: 'c', data: 'more', fails: 'EBADF', sent: { least: 0, most: 1 } },
      { program: 'recv', on: 'c', fails: 'EBADF' },
      { program: 'trySend', on: 'c', data: 'more', gives: 'closed' },
      { program: 'isClosed', on: 'c', gives: true },
    ],
  },
  {
    name: 'close hands on what was sent, and may be called again',
    steps: [
      ...pair(),
      { program: 'sendAll', on: 'c', data: { bytes: 4 * MiB }, starts: true },
      { ended: 'program' },
      { program: 'close', on: 'c', gives: true },
      { program: 'close', on: 'c', gives: true },
      { peer: 'hearAll', gives: { bytes: 4 * MiB } },
    ],
  },
  {
    name: 'close drops what the peer still sends, so that no RST destroys our last words',
    steps: [
      ...pair({ holdsOn: true }),
      { peer: 'send', data: { bytes: MiB } },
      { program: 'sendAll', on: 'c', data: 'last words' },
      { program: 'close', on: 'c', starts: true },
      { peer: 'send', data: { bytes: MiB } },
      { peer: 'finish' },
      { ended: 'program', gives: true },
      { peer: 'hearAll', gives: 'last words' },
    ],
  },
  {
    name: 'close waits a moment for a peer that never closes, then lets the system finish',
    steps: [
      ...pair({ holdsOn: true }),
      { program: 'sendAll', on: 'c', data: 'bye\n' },
      { program: 'close', on: 'c', args: [{ deadline: 100 }], gives: true },
      { peer: 'hearAll', gives: 'bye\n' },
    ],
  },
  {
    name: 'close refuses a deadline that is none',
    steps: [
      ...pair(),
      { program: 'close', on: 'c', args: [{ deadline: -1 }], fails: 'RangeError' },
      { program: 'isClosed', on: 'c', gives: false },
    ],
  },
  {
    name: 'abort resets the peer, and close then says false',
    steps: [
      ...pair(),
      { program: 'abort', on: 'c' },
      { program: 'abort', on: 'c' },
      { program: 'close', on: 'c', gives: false },
      { peer: 'ends', gives: 'ECONNRESET' },
    ],
  },

  // --- listening and connecting ---
  {
    name: 'the three calls one by one, in their order only',
    steps: [
      { program: 'socket', as: 'l' },
      { program: 'address', on: 'l', fails: 'EINVAL' },
      { program: 'listen', on: 'l', fails: 'EINVAL' },
      { program: 'accept', on: 'l', fails: 'EINVAL' },
      { program: 'bind', on: 'l', args: [{ host: '127.0.0.1', port: 0 }] },
      { program: 'accept', on: 'l', fails: 'EINVAL' },
      { program: 'bind', on: 'l', args: [{ host: '127.0.0.1', port: 0 }], fails: 'EINVAL' },
      { peer: 'connect', to: 'l', as: 'p' },
      { program: 'listen', on: 'l' },
      { program: 'accept', on: 'l', as: 'c' },
      { program: 'close', on: 'l' },
      { program: 'accept', on: 'l', fails: 'EBADF' },
      { program: 'listen', on: 'l', fails: 'EBADF' },
    ],
  },
  {
    name: 'connections are accepted in the order they came',
    steps: [
      { program: 'listen', as: 'l' },
      { peer: 'connect', to: 'l', as: 'one' },
      { peer: 'connect', to: 'l', as: 'two' },
      { peer: 'connect', to: 'l', as: 'three' },
      { peer: 'send', on: 'three', data: '3' },
      { peer: 'send', on: 'two', data: '2' },
      { peer: 'send', on: 'one', data: '1' },
      { program: 'accept', on: 'l', as: 'a' },
      { program: 'accept', on: 'l', as: 'b' },
      { program: 'accept', on: 'l', as: 'c' },
      { program: 'recv', on: 'a', gives: '1' },
      { program: 'recv', on: 'b', gives: '2' },
      { program: 'recv', on: 'c', gives: '3' },
      { program: 'stats', on: 'l', gives: 'accepted 3, active 3, peak 3, dropped 0, waiting 0' },
    ],
  },
  {
    name: 'accept waits until somebody connects, or until the time is over',
    steps: [
      { program: 'listen', as: 'l' },
      {
        program: 'accept',
        on: 'l',
        args: [{ timeout: 5 }],
        fails: 'ETIMEDOUT',
        says: 'Cannot accept on {l}: nothing came of it in the time given (ETIMEDOUT)',
      },
      { program: 'accept', on: 'l', as: 'c', starts: true },
      { waits: 'accept' },
      { peer: 'connect', to: 'l', as: 'p' },
      { ended: 'program' },
      { peer: 'send', data: 'oi' },
      { program: 'recv', on: 'c', gives: 'oi' },
    ],
  },
  {
    name: 'a close wakes who accepts with EBADF, and frees the port',
    steps: [
      { program: 'listen', as: 'l' },
      { program: 'accept', on: 'l', starts: true },
      { waits: 'accept' },
      { other: 'close', on: 'l' },
      {
        ended: 'program',
        fails: 'EBADF',
        says: 'Cannot accept on {l}: this program has already closed it (EBADF)',
      },
      { peer: 'listen', as: 'again', to: 'l' },
    ],
  },
  {
    name: 'a close drops who was not accepted, and leaves who was',
    steps: [
      ...pair(),
      { peer: 'connect', to: 'l', as: 'late' },
      { program: 'untilWaiting', on: 'l' },
      { program: 'close', on: 'l' },
      { peer: 'ends', on: 'late', gives: 'ECONNRESET' },
      { peer: 'send', data: 'still here' },
      { program: 'recv', on: 'c', gives: 'still here' },
      { program: 'stats', on: 'l', gives: 'accepted 1, active 1, peak 1, dropped 1, waiting 0' },
    ],
  },
  {
    name: 'a shutdown ends who waits for a silent peer, and waits for who is under way',
    steps: [
      ...pair(),
      { program: 'recv', on: 'c', starts: true },
      { waits: 'recv' },
      { other: 'shutdown', on: 'l', args: [{ deadline: 2_000 }], starts: true },
      { ended: 'program', gives: null },
      { program: 'close', on: 'c', gives: true },
      { ended: 'other', gives: 'drained 1, aborted 0' },
      { peer: 'ends', gives: 'FIN' },
    ],
  },
  {
    name: 'a shutdown resets at its deadline what has not finished',
    steps: [
      ...pair({ isReading: false }),
      { program: 'sendAll', on: 'c', data: ENDLESS, starts: true },
      { waits: 'send' },
      { other: 'shutdown', on: 'l', args: [{ deadline: 100 }], gives: 'drained 0, aborted 1' },
      { ended: 'program', fails: 'EBADF' },
      { peer: 'read' },
      { peer: 'ends', gives: 'ECONNRESET' },
    ],
  },
  {
    name: 'a port that is taken is EADDRINUSE',
    steps: [
      { peer: 'listen', as: 'taken' },
      {
        program: 'listen',
        as: 'l',
        to: 'taken',
        fails: 'EADDRINUSE',
        says: 'Cannot listen on {taken}: another program is already listening there (EADDRINUSE)',
      },
    ],
  },
  {
    name: 'an address that this machine does not have is EADDRNOTAVAIL',
    steps: [
      {
        program: 'listen',
        as: 'l',
        args: [{ host: '203.0.113.1', port: 0 }],
        fails: 'EADDRNOTAVAIL',
        says: 'Cannot listen on 203.0.113.1:0: this machine has no such address (EADDRNOTAVAIL)',
      },
    ],
  },
  {
    name: 'a port or a time that is none is a RangeError',
    steps: [
      { program: 'listen', as: 'l', args: [{ port: 70_000 }], fails: 'RangeError' },
      { program: 'connect', as: 'c', args: [{ port: -1 }], fails: 'RangeError' },
      { program: 'connect', as: 'c', args: [{ port: 1, timeout: -1 }], fails: 'RangeError' },
    ],
  },
  {
    name: 'connect reaches a listener, with both ends known',
    steps: [
      { peer: 'listen', as: 'there' },
      { program: 'connect', as: 'c', to: 'there' },
      { peer: 'accept', on: 'there', as: 'p' },
      { program: 'sendAll', on: 'c', data: 'oi\n' },
      { peer: 'hear', count: 3, gives: 'oi\n' },
      { peer: 'send', data: 'olá\n' },
      { program: 'recv', on: 'c', gives: 'olá\n' },
      { program: 'close', on: 'c', gives: true },
    ],
  },
  {
    name: 'connect loses nothing that comes before the first recv',
    steps: [
      { peer: 'listen', as: 'there' },
      { program: 'connect', as: 'c', to: 'there' },
      { peer: 'accept', on: 'there', as: 'p' },
      { peer: 'send', data: 'first words' },
      { peer: 'finish' },
      { program: 'recv', on: 'c', args: [5], gives: 'first' },
      { program: 'recvAll', on: 'c', gives: ' words' },
    ],
  },
  {
    name: 'nobody listening is ECONNREFUSED',
    steps: [
      { peer: 'listen', as: 'nobody' },
      { peer: 'unlisten', on: 'nobody' },
      {
        program: 'connect',
        as: 'c',
        to: 'nobody',
        fails: 'ECONNREFUSED',
        says: 'Cannot connect to {nobody}: nobody is listening there (ECONNREFUSED)',
      },
    ],
  },
  {
    name: 'a name of no machine is ENOTFOUND',
    steps: [
      {
        program: 'connect',
        as: 'c',
        args: [{ host: 'no-such-machine.invalid', port: 1 }],
        fails: 'ENOTFOUND or EAI_AGAIN', // EAI_AGAIN: a machine without a network
      },
    ],
  },

  // --- lines ---
  {
    name: 'lines are cut at LF and CRLF, and the last may lack its end',
    steps: [
      ...pair(),
      { peer: 'send', data: 'one\r\ntwo\n\nol' },
      { peer: 'drip', data: 'á\nthr' },
      { peer: 'finish' },
      { program: 'lines', on: 'c', gives: ['one', 'two', '', 'olá', 'thr', '(cut)'] },
    ],
  },
  {
    name: 'a line that is too long is EMSGSIZE',
    steps: [
      ...pair(),
      { peer: 'send', data: 'short\ntoo long\n' },
      { peer: 'finish' },
      {
        program: 'lines',
        on: 'c',
        args: [{ maxBytes: 5 }],
        fails: 'EMSGSIZE',
        says: 'Cannot receive from {p}: the peer sent a longer line than is allowed (EMSGSIZE)',
      },
      { program: 'isClosed', on: 'c', gives: false },
    ],
  },
  {
    name: 'a line that is too long is cut, when one asks for that',
    steps: [
      ...pair(),
      { peer: 'send', data: 'short\ntoo long\nnext\n' },
      { peer: 'finish' },
      { program: 'lines', on: 'c', args: [{ maxBytes: 5, overflow: 'truncate' }], gives: ['short', 'too l', 'next'] },
    ],
  },
  {
    name: 'a line that is too long closes the connection, when one asks for that',
    steps: [
      ...pair(),
      { peer: 'send', data: 'short\ntoo long\nnext\n' },
      { program: 'lines', on: 'c', args: [{ maxBytes: 5, overflow: 'close' }], gives: ['short'] },
      { program: 'isClosed', on: 'c', gives: true },
      { peer: 'ends', gives: 'FIN' },
    ],
  },
]
