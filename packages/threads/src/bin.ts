#!/usr/bin/env node
import { command } from '@fund/net-core/program'
import manifest from '../package.json' with { type: 'json' }
import { messages } from './messages.ts'
import { mthreads } from './mthreads.ts'
import { mthreads2 } from './mthreads2.ts'

await command({
  name: 'fund-threads',
  version: manifest.version,
  summary: messages.summary,
  subprograms: {
    mthreads: { takesPort: false, summary: messages.mthreads },
    mthreads2: { takesPort: false, summary: messages.mthreads2 },
  },
  main: async ({ subprogram }) => {
    const threads = subprogram === 'mthreads2' ? mthreads2() : mthreads()
    await Promise.all(threads.map((thread) => thread.join()))
  },
})
