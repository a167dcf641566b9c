import { networkInterfaces } from 'node:os'

/** An address that other machines of the network can use for this one. */
export interface LanAddress {
  readonly address: string
  readonly family: 'IPv4' | 'IPv6'
  /** The network interface that has it, such as `eth0`. */
  readonly interface: string
  /** Whether it is good on its own link only (169.254/16, fe80::/10): the caller must name an interface too. */
  readonly isLinkLocal: boolean
}

/**
 * This machine's addresses as others see them: IPv4 first, those of one link last, loopback left out. That another
 * machine can reach them also takes a network that lets it through.
 *
 * @example
 * ```ts
 * import { lanAddresses } from '@fund/net-core'
 *
 * for (const { address, interface: name } of lanAddresses()) console.log(address, name) // 192.168.0.7 eth0
 * ```
 */
export function lanAddresses(): LanAddress[] {
  const found: LanAddress[] = []
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    for (const { address, family, internal } of entries ?? []) {
      if (internal) continue
      found.push({ address, family, interface: name, isLinkLocal: /^(169\.254\.|fe[89ab])/i.test(address) })
    }
  }
  const rank = ({ family, isLinkLocal }: LanAddress): number => (isLinkLocal ? 2 : 0) + (family === 'IPv4' ? 0 : 1)
  return found.sort((a, b) => rank(a) - rank(b))
}
