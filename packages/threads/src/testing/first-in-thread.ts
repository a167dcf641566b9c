import type { Connection, Listener } from '@fund/net-core/blocking'
import { Event, isMain, print, Thread } from '@fund/threading'

/** The main thread does not load the sockets. The thread that opens the first one ends while another is in accept. */
export async function first(ready: Event): Promise<void> {
  const { connect, listen } = await import('@fund/net-core/blocking')
  const listener = listen()
  new Thread(second, listener, connect(listener.address), ready).start()
  ready.wait()
}

export async function second(listener: Listener, connection: Connection, ready: Event): Promise<void> {
  const { connect } = await import('@fund/net-core/blocking')
  listener.accept().abort()
  ready.set()
  for (const call of [() => listener.accept(), () => connection.sendAll('oi\n'), () => connect(listener.address)]) {
    try {
      call()
    } catch (error) {
      print((error as Error).message)
    }
  }
}

if (isMain(import.meta.url)) new Thread(first, new Event()).start()
