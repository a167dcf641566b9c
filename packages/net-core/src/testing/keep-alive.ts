import { readFileSync } from 'node:fs'

/**
 * The seconds until the system asks the peer of a connection whether it is still there, by the ports of its two ends;
 * `undefined` when it will not ask. Linux only, IPv4 only.
 */
export function keepAliveSeconds(local: number, peer: number): number | undefined {
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, from = '', to = '', , , timer = ''] = line.trim().split(/\s+/)
    if (portOf(from) !== local || portOf(to) !== peer) continue
    const [kind, ticks = ''] = timer.split(':')
    return kind === '02' ? Number.parseInt(ticks, 16) / 100 : undefined // in hundredths of a second, everywhere
  }
  throw new Error(`There is no connection between the ports ${local} and ${peer}`)
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16)
}
