import { type Address, formatAddress } from '@fund/net-core'
import { sliceRaw } from './headers.ts'
import type { Head } from './parse.ts'

/** The whole address that a request is for (RFC 9112, section 3.3). A host that no address can be made of, and none at all, give way to our own. */
export function urlOf(head: Head, local: Address): string {
  const { target } = head
  const ours = (): string => (local.host === '' ? 'localhost' : formatAddress(local))
  const host = typeof head.host === 'number' ? sliceRaw(head, head.host) : (head.host ?? '')
  const isWhole = target.charCodeAt(0) !== 0x2f && target !== '*'
  const whole = isWhole ? target : `http://${host === '' ? ours() : host}${target === '*' ? '/*' : target}`
  if (!isWhole && PLAIN_URL.test(whole)) return whole
  return new URL(URL.canParse(whole) ? whole : whole.replace(/^https?:\/\/[^/?]*/i, `http://${ours()}`)).href
}

/** What the standard would write in the same way; nearly all are such. A port of 80 it leaves out. */
const PLAIN_URL =
  /^http:\/\/(?:localhost|127\.0\.0\.1|(?!xn--)[a-z][a-z-]*(?:\.(?!xn--)[a-z][a-z-]*)*)(?::(?!0|80\/)\d{2,4})?\/(?:[\w~!$&()*+,;=:@/?-]|\.(?=\w)|%(?!2e)[\dA-F]{2})*$/

/** Where a redirection leads: a whole address in the characters of one, as the standard writes it. */
export function locationOf(url: string): string {
  return /^[a-z][a-z\d+.-]*:/i.test(url) ? new URL(url).href : url
}
