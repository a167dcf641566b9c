#!/usr/bin/env node
import { listen } from '@fund/net-core'
import { command } from '@fund/net-core/program'
import manifest from '../package.json' with { type: 'json' }
import { messages } from './messages.ts'
import { minichat } from './minichat.ts'

await command({
  name: 'fund-minichat',
  version: manifest.version,
  summary: messages.summary,
  main: async ({ host, port, language }) => {
    await using listener = await listen({ host, port })
    await minichat(listener, language)
  },
})
