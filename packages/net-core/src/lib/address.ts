import { isIPv6 } from 'node:net'

/** One end of a connection: the address of a machine and a port on it. */
export interface Address {
  /** An IP address, or a name that stands for one; with a slash at its front, the path of a Unix socket. */
  readonly host: string
  /** From 0 to 65535; 0, where one listens, asks the system for any free port. */
  readonly port: number
}

/**
 * Writes an address the way every tool does: `127.0.0.1:9090`, with brackets around IPv6 (RFC 3986, section 3.2.2).
 *
 * @example
 * ```ts
 * import { formatAddress } from '@fund/net-core'
 *
 * console.log(formatAddress({ host: '127.0.0.1', port: 9090 })) // 127.0.0.1:9090
 * console.log(formatAddress({ host: '::1', port: 9090 })) // [::1]:9090
 * ```
 */
export function formatAddress({ host, port }: Address): string {
  if (isPath(host)) return host
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether a host is the path of a Unix socket, which has no port. */
export function isPath(host: string): boolean {
  return host[0] === '/'
}

/** What node:net says of an end. An IPv4 peer of an IPv6 listener (`::ffff:10.0.0.7`) is given its own name back. */
export function addressOf(host: string | undefined, port: number | undefined): Address {
  return { host: (host ?? '').replace(/^::ffff:(?=\d+\.)/i, ''), port: port ?? 0 }
}

/** @throws {RangeError} when the port is not a whole number from 0 to 65535. */
export function checkPort(port: number, purpose: string): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`Cannot ${purpose} port ${port}: a port is a whole number from 0 to 65535`)
  }
}
