import { describe, expect, it } from 'vitest'
import type { LanAddress } from '../lan-addresses.ts'
import { reachable } from './reachable.ts'
import { texts } from './texts.ts'

const addresses: LanAddress[] = [
  { address: '192.168.0.7', family: 'IPv4', interface: 'eth0', isLinkLocal: false },
  { address: '2001:db8::7', family: 'IPv6', interface: 'eth0', isLinkLocal: false },
  { address: '169.254.1.1', family: 'IPv4', interface: 'wlan0', isLinkLocal: true },
  { address: 'fe80::7', family: 'IPv6', interface: 'eth0', isLinkLocal: true },
]

describe('reachable', () => {
  it('gives the command for another machine, IPv4 for a listener of IPv4', () => {
    expect(reachable('0.0.0.0:9090', addresses, texts('en'))).toEqual([
      'From another machine: nc 192.168.0.7 9090  (eth0)',
    ])
  })

  it('gives both kinds of address for a listener of both', () => {
    expect(reachable('[::]:9090', addresses, texts('pt'))).toEqual([
      'De outra máquina: nc 192.168.0.7 9090  (eth0)',
      'De outra máquina: nc 2001:db8::7 9090  (eth0)',
    ])
  })

  it('says so when there is no way to this machine', () => {
    expect(reachable('0.0.0.0:9090', addresses.slice(1), texts('en'))).toEqual([
      'From another machine: not now, this one has no address on a network',
    ])
  })

  it('says nothing of a listener at one address', () => {
    expect(reachable('127.0.0.1:9090', addresses, texts('en'))).toEqual([])
    expect(reachable('[::1]:9090', addresses, texts('en'))).toEqual([])
  })
})
