#!/usr/bin/env node
import type { Listener } from '@fund/net-core/blocking'
import { command, serveInThread } from '@fund/net-core/program'
import { Thread } from '@fund/threading'
import manifest from '../package.json' with { type: 'json' }
import { messages } from './messages.ts'
import { chooseModel, KEEP_ALIVE_MS, options } from './options.ts'

await command({
  name: 'fund-minichat',
  version: manifest.version,
  summary: messages.summary,
  options,
  main: async (call) => {
    if (chooseModel(call) === 'tasks') return (await import('./server/program.ts')).serveTasks(call)
    // Loaded here and not before: it starts the thread that has the sockets, which tasks do not need.
    const { listen } = await import('@fund/net-core/blocking')
    const { minichat } = await import('./minichat.ts')
    const { host, port, language } = call
    const { threads } = call.options
    const hold = (listener: Listener): Thread => new Thread(minichat, listener, { threads, language }).start()
    return serveInThread(listen({ host, port, keepAlive: KEEP_ALIVE_MS }), hold)
  },
})
