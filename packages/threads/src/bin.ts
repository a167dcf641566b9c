#!/usr/bin/env node
import type { Listener } from '@fund/net-core/blocking'
import { command, serveInThread } from '@fund/net-core/program'
import { Thread } from '@fund/threading'
import manifest from '../package.json' with { type: 'json' }
import { exercise3 } from './exercise3.ts'
import { messages } from './messages.ts'
import { mthreads } from './mthreads.ts'
import { mthreads2 } from './mthreads2.ts'

const counters = { mthreads, mthreads2, exercise3 }

await command({
  name: 'fund-threads',
  version: manifest.version,
  summary: messages.summary,
  subprograms: {
    mthreads: { takesPort: false, summary: messages.mthreads },
    mthreads2: { takesPort: false, summary: messages.mthreads2 },
    exercise3: { takesPort: false, summary: messages.exercise3 },
    echo: { takesPort: true, summary: messages.echo },
  },
  options: { limit: { kind: 'count', default: 100, help: messages.limit } },
  main: async ({ subprogram, host, port, options: { limit }, language }) => {
    if (subprogram === 'echo') {
      // Loaded here and not before: it starts the thread that has the sockets, which the counters do not need.
      const { listen } = await import('@fund/net-core/blocking')
      const { echoThreads } = await import('./echo-threads.ts')
      const refusal = `${messages.refusal[language].replace('{limit}', String(limit))}\n`
      const serve = (listener: Listener): Thread => new Thread(echoThreads, listener, limit, refusal).start()
      return serveInThread(listen({ host, port }), serve)
    }
    const threads = counters[subprogram as keyof typeof counters]().filter(({ isAlive }) => isAlive)
    await Promise.all(threads.map((thread) => thread.joinAsync()))
  },
})
