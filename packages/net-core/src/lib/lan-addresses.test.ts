import { isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { lanAddresses } from './lan-addresses.ts'

vi.mock('node:os', async (importOriginal) => {
  const os = await importOriginal<typeof import('node:os')>()
  return { ...os, networkInterfaces: vi.fn(os.networkInterfaces) }
})

afterEach(() => {
  vi.mocked(networkInterfaces).mockReset()
})

/** An interface's entry as node:os gives it. */
function entry(address: string, internal = false): ReturnType<typeof networkInterfaces>[string] {
  const facts = { address, internal, netmask: '', mac: '00:00:00:00:00:00', cidr: null }
  return [isIPv4(address) ? { ...facts, family: 'IPv4' } : { ...facts, family: 'IPv6', scopeid: 0 }]
}

describe('lanAddresses', () => {
  it('names IPv4 first, the addresses of one link last, and this machine alone not at all', () => {
    vi.mocked(networkInterfaces).mockReturnValue({
      lo: entry('127.0.0.1', true),
      wlan0: entry('fe80::1'),
      usb0: entry('169.254.3.4'),
      eth1: entry('2001:db8::7'),
      eth0: entry('192.168.0.7'),
      none: undefined,
    })

    expect(lanAddresses()).toEqual([
      { address: '192.168.0.7', family: 'IPv4', interface: 'eth0', isLinkLocal: false },
      { address: '2001:db8::7', family: 'IPv6', interface: 'eth1', isLinkLocal: false },
      { address: '169.254.3.4', family: 'IPv4', interface: 'usb0', isLinkLocal: true },
      { address: 'fe80::1', family: 'IPv6', interface: 'wlan0', isLinkLocal: true },
    ])
  })

  it('takes 169.25.4.1 and fec0:: for what they are: not of one link', () => {
    vi.mocked(networkInterfaces).mockReturnValue({ a: entry('169.25.4.1'), b: entry('fec0::1'), c: entry('febf::1') })

    expect(lanAddresses().map(({ isLinkLocal }) => isLinkLocal)).toEqual([false, false, true])
  })

  it('gives nothing on a machine without a network', () => {
    vi.mocked(networkInterfaces).mockReturnValue({ lo: entry('127.0.0.1', true) })

    expect(lanAddresses()).toEqual([])
  })

  it('gives addresses of the machine it runs on', async () => {
    const os = await vi.importActual<typeof import('node:os')>('node:os')
    vi.mocked(networkInterfaces).mockImplementation(os.networkInterfaces)

    for (const { address, family } of lanAddresses()) {
      expect(family === 'IPv4' ? isIPv4(address) : isIPv6(address)).toBe(true)
    }
  })
})
