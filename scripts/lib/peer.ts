import { connect } from 'node:net'
import { Failure } from './script.ts'

/** A client that says things and remembers what it heard. */
export type Peer = Disposable & {
  send(text: string): void
  /** Sends a FIN: all has been said. */
  finish(): void
  /** Waits until it has heard `text`. */
  hears(text: string): Promise<void>
  /** Waits for the other side's end and gives all that was heard. */
  hearsAll(): Promise<string>
}

/** Connects to a server that has said it is ready. */
export async function openPeer(port: number, { timeoutMs = 15_000 } = {}): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let heard = ''
  let over = false
  let failed: Error | undefined
  const wake = new Set<() => void>()
  const changed = (): void => {
    for (const each of wake) each()
  }
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text
    changed()
  })
  for (const event of ['connect', 'end', 'close'] as const) {
    socket.once(event, () => {
      over ||= event !== 'connect'
      changed()
    })
  }
  socket.on('error', (error) => {
    failed = error
    changed()
  })

  function until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        clearTimeout(timer)
        wake.delete(check)
        if (error === undefined) resolve()
        else reject(error)
      }
      const complain = (why: string): void =>
        finish(new Failure(`The client on port ${port} ${what}: ${why}; it heard ${JSON.stringify(heard)}.`))
      const check = (): void => {
        if (holds()) finish()
        else if (failed !== undefined) complain(failed.message)
        else if (over) complain('the connection has ended')
      }
      const timer = setTimeout(() => complain(`nothing came for ${timeoutMs / 1000} s`), timeoutMs)
      wake.add(check)
      check()
    })
  }

  await until(() => !socket.connecting && failed === undefined, 'did not connect')
  return {
    send: (text) => void socket.write(text),
    finish: () => void socket.end(),
    hears: (text) => until(() => heard.includes(text), `did not hear ${JSON.stringify(text)}`),
    async hearsAll() {
      await until(() => over, 'did not hear the end')
      return heard
    },
    [Symbol.dispose]: () => void socket.destroy(),
  }
}
