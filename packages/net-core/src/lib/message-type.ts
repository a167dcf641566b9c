import { isUint8Array } from 'node:util/types'

/** What is wrong with a message that is neither text nor bytes: other arrays have elements of another size than a byte. */
export function wrongMessage(data: unknown): TypeError | undefined {
  if (typeof data === 'string' || isUint8Array(data)) return undefined
  const type = Object.prototype.toString.call(data).slice('[object '.length, -1)
  return new TypeError(`Cannot send a value of the type ${type}: a message is a string or a Uint8Array`)
}
