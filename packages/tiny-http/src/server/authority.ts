const COLON = 0x3a

/** Which bytes names and IPv4 addresses are made of. */
const IS_NAME_PART = new Uint8Array(256)
for (const byte of Buffer.from('-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'))
  IS_NAME_PART[byte] = 1

/** Whether this is a name or an IPv4 address, perhaps with a port, as nearly all hosts are; also nothing at all. */
export function isPlainAuthority(bytes: Buffer, from: number, end: number): boolean {
  let i = from
  while (i < end && IS_NAME_PART[bytes[i] as number] === 1) i += 1
  if (i === end) return true
  if (i === from || bytes[i] !== COLON) return false
  i += 1
  while (i < end && (bytes[i] as number) >= 0x30 && (bytes[i] as number) <= 0x39) i += 1
  return i === end
}

/** RFC 3986, section 3.2, without userinfo (RFC 9110, section 4.2.4): a name or address, perhaps a port. */
export function isAuthority(text: string): boolean {
  return /^(?:[\w\-.~!$&'()*+,;=]|%[\da-f]{2})+(?::\d*)?$|^\[[\da-f:.]+\](?::\d*)?$/i.test(text)
}
