#!/usr/bin/env node
import { listen } from '@fund/net-core'
import { command, serveOption } from '@fund/net-core/program'
import manifest from '../package.json' with { type: 'json' }
import { echocapsAtOnce, echocapsInTurn, echocapsOnce } from './echocaps.ts'
import { messages } from './messages.ts'

const serve = { once: echocapsOnce, 'in-turn': echocapsInTurn, 'at-once': echocapsAtOnce }

await command({
  name: 'fund-echocaps',
  version: manifest.version,
  summary: messages.summary,
  options: { serve: serveOption('at-once') },
  main: async ({ host, port, options }) => {
    await using listener = await listen({ host, port })
    await serve[options.serve](listener)
  },
})
