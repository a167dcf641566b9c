import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { listen } from '../../blocking.ts'
import { isRefused, rawPeer } from '../../testing/raw-peer.ts'
import { startThread, type TestThread } from '../../testing/threads.ts'
import { until } from '../../testing/until.ts'
import type { Address } from '../address.ts'
import { type ProgramIo, run } from './run.ts'
import { serveInThread } from './serve-in-thread.ts'

const text = { en: 'serves in a thread', pt: 'atende numa thread' }

/** A command that serves in a thread, run here, with a hand on its signals. */
class Command implements AsyncDisposable {
  said = ''
  complaints = ''
  readonly code: Promise<number>
  #interrupt: () => void = () => {}
  #address: Address | undefined
  #thread: TestThread | undefined

  constructor(job: 'serve' | 'listen' = 'serve', port = 0) {
    const io: ProgramIo = {
      write: (said) => {
        this.said += said
      },
      writeError: (said) => {
        this.complaints += said
      },
      hasColour: false,
      env: { FUND_LANG: 'en' },
      cwd: '/',
      onInterrupt: (listener) => {
        this.#interrupt = listener
        return () => {}
      },
    }
    const main = async (where: { host: string; port: number }): Promise<void> =>
      serveInThread(listen(where), ({ handle, address }) => {
        this.#address = address
        this.#thread = startThread({ job, handle })
        return { joinAsync: () => this.#thread?.ended as Promise<void> }
      })
    this.code = run({ name: 'fund-test', version: '1.0.0', summary: text, main }, [String(port)], io)
  }

  interrupt(): void {
    this.#interrupt()
  }

  async listens(): Promise<Address> {
    await until('it listens', () => this.#address !== undefined)
    return this.#address as Address
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.interrupt()
    this.interrupt()
    await this.code
    await this.#thread?.[Symbol.asyncDispose]()
  }
}

describe('serveInThread', () => {
  it('serves, tells what happens, and ends with 0 at an interrupt that wakes a blocked accept', async () => {
    await using command = new Command()
    await using peer = await rawPeer(await command.listens())
    await peer.send('oi\n')
    expect(String(await peer.hears(3))).toBe('oi\n')
    peer.finish()
    await until('it waits for the next one', () =>
      command.said.includes(`${peer.port} closed\nWaiting for connections`),
    )

    command.interrupt()

    expect(await command.code).toBe(0)
    expect(command.said).toContain(`Connection from 127.0.0.1:${peer.port}\n`)
    expect(command.said).toContain('Message: "oi\\n" (3 bytes)\n')
    expect(command.said).toContain('No more connections on 127.0.0.1:')
    expect(command.complaints).toMatch(/^(Stopping: 1 connection .*\n)?$/) // it may be closed, and not yet forgotten
  })

  it('gives a silent client its EOF, and ends with 0', async () => {
    await using command = new Command()
    await using peer = await rawPeer(await command.listens())
    await until('it waits for a message', () =>
      command.said.includes(`Waiting for a message from 127.0.0.1:${peer.port}`),
    )

    command.interrupt()

    expect(await peer.ends()).toBe('FIN')
    expect(await command.code).toBe(0)
    expect(command.complaints).toBe('Stopping: 1 connection has 5 s to finish. Once more to stop at once.\n')
  })

  it('aborts at the second interrupt, and gives 130 at once', async () => {
    await using command = new Command()
    const address = await command.listens()
    await using peer = await rawPeer(address, { isReading: false })
    peer.socket.write(Buffer.alloc(32 << 20, 'x'))
    await until('the thread is stuck in sendAll', () => command.said.includes(`127.0.0.1:${peer.port} to read`))
    command.interrupt()
    await until('it accepts no more', () => isRefused(address))
    const start = performance.now()

    command.interrupt()

    expect(await command.code).toBe(130)
    expect(performance.now() - start).toBeLessThan(4_000) // not the 5 s that the first interrupt gives
    peer.read()
    expect(await peer.ends()).toBe('ECONNRESET')
  })

  it('leaves the event loop running meanwhile', async () => {
    await using command = new Command()
    await using peer = await rawPeer(await command.listens(), { isReading: false })
    peer.socket.write(Buffer.alloc(32 << 20, 'x'))
    await until('the thread is stuck in sendAll', () => command.said.includes(`127.0.0.1:${peer.port} to read`))
    command.interrupt()

    let hasEnded = false
    void command.code.then(() => {
      hasEnded = true
    })
    for (let turn = 0; turn < 10; turn += 1) await pause(1)

    expect(hasEnded).toBe(false)
  })

  it('says in one sentence that the port is taken', async () => {
    using listener = listen({ port: 0 })
    const { port } = listener.address
    await using command = new Command('serve', port)

    expect(await command.code).toBe(1)
    expect(command.complaints).toContain(
      `Cannot listen on 127.0.0.1:${port}: another program is already listening there (EADDRINUSE)\n`,
    )
    expect(command.complaints).not.toContain('    at ')
  })

  it('fails when the thread ends and nobody has closed the listener', async () => {
    await using command = new Command('listen')
    await command.listens()

    expect(await command.code).toBe(1)
    expect(command.complaints).toContain('The thread that serves has ended before its time')
  })
})
