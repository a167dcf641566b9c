#!/usr/bin/env node
import { formatAddress, listen } from '@fund/net-core'
import { command, say, UsageError } from '@fund/net-core/program'
import manifest from '../package.json' with { type: 'json' }
import { messages } from './messages.ts'
import { classroom, readFlood, strangers } from './server/limits.ts'
import { metricsPage } from './server/metrics.ts'
import { listenForMetrics } from './server/metrics-listener.ts'
import type { Room } from './server/room.ts'
import { serveRoom } from './server/serve.ts'

await command({
  name: 'fund-minichat',
  version: manifest.version,
  summary: messages.summary,
  options: {
    model: { kind: 'choice', choices: ['threads', 'tasks'], help: messages['help.model'] },
    threads: { kind: 'count', help: messages['help.threads'] },
    public: { kind: 'flag', help: messages['help.public'] },
    names: { kind: 'flag', help: messages['help.names'] },
    flood: { kind: 'text', value: 'BURST,RATE|off', help: messages['help.flood'] },
    metrics: { kind: 'text', value: 'PORT', help: messages['help.metrics'] },
  },
  main: async ({ host, port, options, language, signal, print }) => {
    const preset = options.public ? strangers : classroom
    const flood = options.flood === undefined ? preset : readFlood(options.flood)
    if (!flood) throw new UsageError(say(messages['usage.flood'], language, { word: options.flood ?? '' }), language)
    const limits = { ...preset, flood: flood.flood }
    await using listener = await listen({ host, port })
    let room: Room | undefined
    const metrics =
      options.metrics === undefined
        ? undefined
        : await listenForMetrics({ host, port: Number(options.metrics) }, () =>
            room ? metricsPage(room.metrics, room.now) : '',
          )
    if (metrics) print(`${say(messages.metricsAt, language, { address: formatAddress(metrics.address) })}\n`)
    await serveRoom(listener, {
      limits,
      language,
      hasNames: options.names || options.public,
      signal,
      onOpen: (opened) => {
        room = opened
      },
    })
    await metrics?.close()
  },
})
