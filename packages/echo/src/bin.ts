#!/usr/bin/env node
import { listen } from '@fund/net-core'
import { command, serveOption } from '@fund/net-core/program'
import manifest from '../package.json' with { type: 'json' }
import { echoAtOnce, echoInTurn, echoOnce } from './echo.ts'
import { messages } from './messages.ts'

const serve = { once: echoOnce, 'in-turn': echoInTurn, 'at-once': echoAtOnce }

await command({
  name: 'fund-echo',
  version: manifest.version,
  summary: messages.summary,
  options: { serve: serveOption('at-once'), recv: { kind: 'count', help: messages.recv } },
  main: async ({ host, port, options }) => {
    await using listener = await listen({ host, port })
    await serve[options.serve](listener, options.recv)
  },
})
