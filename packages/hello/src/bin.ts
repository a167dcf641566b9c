#!/usr/bin/env node
import { listen } from '@fund/net-core'
import { command, serveOption } from '@fund/net-core/program'
import manifest from '../package.json' with { type: 'json' }
import { hello } from './hello.ts'
import { hello2, helloAtOnce, helloInTurn } from './hello2.ts'
import { messages } from './messages.ts'

await command({
  name: 'fund-hello',
  version: manifest.version,
  summary: messages.summary,
  options: { serve: serveOption('once'), scoped: { kind: 'flag', help: messages.scoped } },
  main: async ({ host, port, options }) => {
    if (options.serve === 'once') return void (await (options.scoped ? hello2 : hello)({ host, port }))
    await using listener = await listen({ host, port })
    await (options.serve === 'in-turn' ? helloInTurn : helloAtOnce)(listener)
  },
})
