#!/usr/bin/env node
import { listen } from '@fund/net-core'
import { command, say, UsageError } from '@fund/net-core/program'
import manifest from '../package.json' with { type: 'json' }
import { messages } from './messages.ts'
import { statOf } from './server/folder.ts'
import {
  type FolderServerOptions,
  serveFolder,
  serveFolderAsWorker,
  serveFolderWithWorkers,
} from './server/folder-server.ts'
import { workOrders } from './server/workers.ts'
import { tinyHttp } from './tiny-http.ts'

/** What the server that is to be read does not know. */
const optionsOfTheServer = [
  'no-list',
  'spa',
  'cors',
  'workers',
  'trust',
  'max-connections',
  'head-timeout',
  'idle-timeout',
] as const

const orders = workOrders()
if (orders !== undefined) await serveFolderAsWorker(orders as FolderServerOptions)
else
  await command({
    name: 'fund-tiny-http',
    version: manifest.version,
    summary: messages.summary,
    options: {
      dir: { kind: 'text', value: 'DIR', help: messages.dir },
      plain: { kind: 'flag', help: messages.plain },
      'no-list': { kind: 'flag', help: messages.noList },
      spa: { kind: 'flag', help: messages.spa },
      cors: { kind: 'flag', help: messages.cors },
      workers: { kind: 'count', help: messages.workers },
      trust: { kind: 'count', help: messages.trust },
      'max-connections': { kind: 'count', help: messages.maxConnections },
      'head-timeout': { kind: 'count', help: messages.headTimeout },
      'idle-timeout': { kind: 'count', help: messages.idleTimeout },
    },
    tells: ({ plain }) => !plain,
    heedsSignal: true,
    main: async ({ host, port, options, language, resolvePath, hasColour, teller, print, signal }) => {
      const folder = resolvePath(options.dir ?? '.')
      if (!statOf(folder)?.isDirectory()) throw new UsageError(`${messages.noFolder[language]} ${folder}`, language)
      if (options.plain) {
        for (const other of optionsOfTheServer) {
          if (!options[other]) continue
          throw new UsageError(say(messages.onePlain, language, { option: `--${other}` }), language)
        }
        await using listener = await listen({ host, port })
        await tinyHttp(listener, { folder })
        return
      }
      const settings: FolderServerOptions = {
        host,
        port,
        folder,
        list: !options['no-list'],
        spa: options.spa,
        cors: options.cors,
        trustMs: options.trust ?? 0,
        limits: {
          ...(options['max-connections'] && { connections: options['max-connections'] }),
          ...(options['head-timeout'] && { headMs: options['head-timeout'] * 1000 }),
          ...(options['idle-timeout'] && { idleMs: options['idle-timeout'] * 1000 }),
        },
        language,
        colour: hasColour,
        logs: teller === 'program',
      }
      const terminal = { print, signal, saysReady: teller !== 'narrator' }
      if (options.workers === undefined) await serveFolder(settings, terminal)
      else if (teller === 'narrator') throw new UsageError(messages.oneProcess[language], language)
      else await serveFolderWithWorkers(settings, options.workers, terminal)
    },
  })
