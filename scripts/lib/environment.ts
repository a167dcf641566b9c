import { delimiter, resolve } from 'node:path'
import process from 'node:process'
import { root } from './workspace.ts'

/** What a machine may need said to reach its registry. Everything else a package manager adds stays behind. */
const kept = /^npm_config_(registry|cache|cafile|proxy|https_proxy|https-proxy|noproxy)$/i
const added = /^(npm_|pnpm_|PNPM_SCRIPT|INIT_CWD$|NODE$|NODE_OPTIONS$|COLOR$|TURBO_)/i

/** The environment of a tool of ours: what we have, and no telemetry. */
export function quiet(): NodeJS.ProcessEnv {
  return { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
}

/**
 * The environment of somebody who just opened a terminal: `pnpm run` puts the workspace's Node first on PATH and passes
 * settings down to nested package managers, and a check that ran so would pass where a stranger fails.
 */
export function stranger(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => kept.test(name) || !added.test(name))
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !resolve(folder).startsWith(root) && !folder.includes('node-gyp-bin'))
    .join(delimiter)
  return { ...Object.fromEntries(entries), PATH: path, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
}
