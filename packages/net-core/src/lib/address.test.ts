import { describe, expect, it } from 'vitest'
import { addressOf, checkPort, formatAddress } from './address.ts'

describe('formatAddress', () => {
  it('writes IPv4 addresses and names as they are', () => {
    expect(formatAddress({ host: '127.0.0.1', port: 9090 })).toBe('127.0.0.1:9090')
    expect(formatAddress({ host: 'localhost', port: 0 })).toBe('localhost:0')
  })

  it('puts brackets around IPv6, a zone included', () => {
    expect(formatAddress({ host: '::1', port: 9090 })).toBe('[::1]:9090')
    expect(formatAddress({ host: 'fe80::1%eth0', port: 9090 })).toBe('[fe80::1%eth0]:9090')
  })
})

describe('formatAddress, Unix sockets', () => {
  it('writes their path alone', () => {
    expect(formatAddress({ host: '/run/a.sock', port: 0 })).toBe('/run/a.sock')
  })
})

describe('addressOf', () => {
  it('gives an IPv4 peer of an IPv6 listener its own name back', () => {
    expect(addressOf('::ffff:10.0.0.7', 1)).toEqual({ host: '10.0.0.7', port: 1 })
    expect(addressOf('::FFFF:10.0.0.7', 1)).toEqual({ host: '10.0.0.7', port: 1 })
  })

  it('leaves other IPv6 addresses alone', () => {
    expect(addressOf('::ffff:a00:7', 1)).toEqual({ host: '::ffff:a00:7', port: 1 })
    expect(addressOf('2001:db8::ffff:1', 1)).toEqual({ host: '2001:db8::ffff:1', port: 1 })
  })

  it('bears a socket that no longer knows its ends', () => {
    expect(addressOf(undefined, undefined)).toEqual({ host: '', port: 0 })
  })
})

describe('checkPort', () => {
  it('lets every port pass', () => {
    for (const port of [0, 1, 9090, 65_535]) expect(() => checkPort(port, 'listen on')).not.toThrow()
  })

  it('names what is not a port', () => {
    for (const port of [-1, 65_536, 70_000, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => checkPort(port, 'listen on')).toThrow(
        new RangeError(`Cannot listen on port ${port}: a port is a whole number from 0 to 65535`),
      )
    }
  })

  it('does not take a text for a port', () => {
    expect(() => checkPort('80' as unknown as number, 'listen on')).toThrow(RangeError)
  })
})
