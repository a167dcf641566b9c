import { openPeer } from './peer.ts'
import { type Program, readyAddress } from './program.ts'
import { Failure } from './script.ts'

/** What a step's program is asked to do before it is stopped. */
export type Conversation = {
  args: string[]
  /** It listens on a port and says so. */
  serves: boolean
  /** It ends by itself. */
  ends: boolean
  talk(program: Program): Promise<void>
}

/** The counters: both have counted to their end, and the main thread, which waits for neither, was done before. */
const counting: Omit<Conversation, 'args'> = {
  serves: false,
  ends: true,
  async talk(program) {
    await program.ended(30_000)
    for (const last of [/Fim.*5 Segundos: 1\n/s, /Fim.*A: 1\n/s]) {
      if (!last.test(program.said())) throw new Failure(`The counters did not say ${last}:\n${program.said()}`)
    }
  },
}

/** A line, and the one that comes back. */
function echoing(line: string, answer: string): Conversation {
  return {
    args: ['0'],
    serves: true,
    ends: false,
    async talk(program) {
      using peer = await client(program)
      peer.send(line)
      await peer.hears(answer)
      peer.finish()
      expectHeard(await peer.hearsAll(), new RegExp(`^${answer}$`))
    },
  }
}

/** Short talks with each step, one for each of its programs, just enough to see that the program a person installed is the one we meant. */
export const conversations: Record<string, readonly Conversation[]> = {
  hello: [
    {
      args: ['0'],
      serves: true,
      ends: true,
      async talk(program) {
        using peer = await client(program)
        expectHeard(await peer.hearsAll(), /^Hello, World!\n?$/)
        peer.finish()
      },
    },
  ],
  echo: [echoing('olá\n', 'olá\n')],
  echocaps: [echoing('olá\n', 'OLÁ\n')],
  threads: [
    { ...counting, args: [] },
    { ...counting, args: ['mthreads2'] },
    { ...counting, args: ['exercise3'] },
    {
      args: ['echo', '0'],
      serves: true,
      ends: false,
      async talk(program) {
        using silent = await client(program)
        using peer = await client(program)
        peer.send('olá\n')
        await peer.hears('olá\n')
        silent.send('oi\n')
        await silent.hears('oi\n')
        peer.finish()
        expectHeard(await peer.hearsAll(), /^olá\n$/)
      },
    },
  ],
  minichat: [
    {
      args: ['0'],
      serves: true,
      ends: false,
      async talk(program) {
        const { port } = await readyAddress(program)
        using ana = await openPeer(port)
        using rui = await openPeer(port)
        // Each has a thread, and the threads start at once: who hears a line of its own is in the room.
        ana.send('eu sou a Ana\n')
        await ana.hears('eu sou a Ana\n')
        rui.send('eu sou o Rui\n')
        await rui.hears('eu sou o Rui\n')
        await ana.hears('eu sou o Rui\n')
        ana.send(':bye\n')
        await ana.hearsAll()
      },
    },
  ],
  'tiny-http': [
    {
      args: ['0'],
      serves: true,
      ends: false,
      async talk(program) {
        using peer = await client(program)
        peer.send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        peer.finish()
        expectHeard(await peer.hearsAll(), /^HTTP\/1\.1 200 /)
      },
    },
  ],
}

async function client(program: Program): ReturnType<typeof openPeer> {
  return await openPeer((await readyAddress(program)).port)
}

function expectHeard(heard: string, wanted: RegExp): void {
  if (!wanted.test(heard)) throw new Failure(`The client heard ${JSON.stringify(heard)}, not ${wanted}.`)
}
