import { createServer } from 'node:net'

/** How the command was typed, as far as the environment tells, so that a hint can repeat it. */
export function typedCommand(name: string, env: NodeJS.ProcessEnv): string {
  const packageName = env.npm_package_name
  if (env.npm_lifecycle_event !== 'start' || packageName === undefined) return name
  const isPnpm = env.npm_config_user_agent?.startsWith('pnpm/') ?? false
  return isPnpm ? `pnpm --filter ${packageName.replace('@fund/', '')} start` : 'npm start --'
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
