import { listen } from '@fund/net-core/blocking'
import { isMain, print, sleep, Thread } from '@fund/threading'
import { echoThreads } from '../echo-threads.ts'

/**
 * A program of a user's own, which blocks in every thread it has: no command, and nobody who hears signals. It ends as it
 * is told: `join` never does by itself, `exit` when a third client has come.
 */
if (isMain(import.meta.url)) {
  const listener = listen({ port: 0 })
  const server = new Thread(echoThreads, listener, 10, 'full\n').start()
  print(`Ready on 127.0.0.1:${listener.address.port}`)
  if (process.argv[2] === 'exit') {
    while (listener.stats.accepted < 3) sleep(5)
    process.exit(7)
  }
  server.join()
}
