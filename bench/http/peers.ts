import { join } from 'node:path'
import type { Hue } from '../plot.ts'
import { honoPackages } from './packages.ts'

/** An HTTP server that can be measured. Every one takes port 0 and says on its ready line which it got. */
export interface HttpPeer {
  readonly name: string
  readonly title: string
  readonly hue: Hue
  readonly isOurs: boolean
  command(requestBytes: number): string[]
}

const programs = join(import.meta.dirname, '../peers/http')

/** For a text: the first is what everything is told as a ratio to. */
export const textPeers: readonly HttpPeer[] = [
  peer('node-http', 'node:http, at its best', 'ink', () => ['node-http.ts', '0']),
  peer('tiny-http', 'tiny-http', 'blue', () => ['tiny-http.ts', '0']),
  peer('floor', 'node:net, parsing nothing', 'olive', (requestBytes) => ['floor.ts', '0', `${requestBytes}`]),
]

/** For a Hono app. */
export const honoPeers: readonly HttpPeer[] = [
  peer('hono-node-server', '@hono/node-server', 'orange', () => ['hono.ts', '0', 'node-server', honoPackages()]),
  peer('hono-light', 'tiny-http, lightGlobals', 'blue', () => ['hono.ts', '0', 'light', honoPackages()]),
  peer('hono-standard', 'tiny-http', 'blue', () => ['hono.ts', '0', 'standard', honoPackages()]),
]

function peer(name: string, title: string, hue: Hue, args: (requestBytes: number) => string[]): HttpPeer {
  const command = (requestBytes: number): string[] => {
    const [file, ...rest] = args(requestBytes)
    return [process.execPath, join(programs, file as string), ...rest]
  }
  return { name, title, hue, isOurs: title.startsWith('tiny-http'), command }
}
