#!/usr/bin/env node
import { listen } from '@fund/net-core'
import { command, UsageError } from '@fund/net-core/program'
import manifest from '../package.json' with { type: 'json' }
import { isFolder } from './files.ts'
import { messages } from './messages.ts'
import { tinyHttp } from './tiny-http.ts'

await command({
  name: 'fund-tiny-http',
  version: manifest.version,
  summary: messages.summary,
  options: { dir: { kind: 'text', value: 'DIR', help: messages.dir } },
  main: async ({ host, port, options, language, resolvePath }) => {
    const folder = resolvePath(options.dir ?? '.')
    if (!(await isFolder(folder))) throw new UsageError(`${messages.noFolder[language]} ${folder}`, language)
    await using listener = await listen({ host, port })
    await tinyHttp(listener, { folder })
  },
})
