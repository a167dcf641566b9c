import { isIPv4 } from 'node:net'
import type { LanAddress } from '../lan-addresses.ts'
import type { Texts } from './texts.ts'

/**
 * For a listener that listens at every address, the lines that say how another machine reaches it; none for any other
 * listener. What is good on its own link only is left out: netcat wants the interface's name with it.
 */
export function reachable(local: string, addresses: readonly LanAddress[], text: Texts): string[] {
  const [, host, port = ''] = /^\[?(0\.0\.0\.0|::)\]?:(\d+)$/.exec(local) ?? []
  if (host === undefined) return []
  const usable = addresses.filter(({ address, isLinkLocal }) => !isLinkLocal && (host === '::' || isIPv4(address)))
  if (usable.length === 0) return [text('narrator.noOtherMachine')]
  return usable.map(({ address, interface: name }) =>
    text('narrator.fromAnotherMachine', { host: address, port, interface: name }),
  )
}
