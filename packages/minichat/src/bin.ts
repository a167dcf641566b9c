#!/usr/bin/env node
import { command, serveInThread } from '@fund/net-core/program'
import { Thread } from '@fund/threading'
import manifest from '../package.json' with { type: 'json' }
import { messages } from './messages.ts'
import { chooseModel, options } from './options.ts'

await command({
  name: 'fund-minichat',
  version: manifest.version,
  summary: messages.summary,
  options,
  main: async (call) => {
    if (chooseModel(call) === 'tasks') return (await import('./server/program.ts')).serveTasks(call)
    const { minichat } = await import('./minichat.ts')
    const { host, port, language } = call
    const { threads } = call.options
    return serveInThread({ host, port }, (listener) => new Thread(minichat, listener, { threads, language }).start())
  },
})
