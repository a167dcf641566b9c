import { createServer } from 'node:net'
import { basename, relative } from 'node:path'

/**
 * How the command was typed, as far as one can tell, so that a hint can repeat it: by a package manager's `start`, by
 * npx, as a command of its own, or as a file given to node.
 */
export function typedCommand(name: string, script: string, env: NodeJS.ProcessEnv, cwd: string): string {
  const packageName = env.npm_package_name ?? name
  if (env.npm_lifecycle_event === 'start') {
    const isPnpm = env.npm_config_user_agent?.startsWith('pnpm/') ?? false
    return isPnpm ? `pnpm --filter ${packageName.replace('@fund/', '')} start` : 'npm start --'
  }
  if (env.npm_lifecycle_event === 'npx') return `npx ${name.replace('fund-', '@fund/')}`
  return /\.[cm]?[jt]s$/.test(script) && basename(script) !== name ? `node ${relative(cwd, script)}` : name
}

/** A port near the one that was asked for on which this user can listen right now; 0 when none is found. */
export async function freePort(host: string, asked: number): Promise<number> {
  const first = asked < 1024 ? 8000 + asked : asked + 1 // 80 -> 8080, as people do
  for (let port = first; port < Math.min(first + 20, 65_536); port += 1) {
    if (await canListen(host, port)) return port
  }
  return 0
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port }, () => server.close(() => resolve(true)))
  })
}
