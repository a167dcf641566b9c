import type { NetEvent } from '../events.ts'

const keys: (keyof NetEvent)[] = [
  'seq',
  't',
  'lane',
  'conn',
  'op',
  'for',
  'n',
  'offset',
  'data',
  'local',
  'peer',
  'code',
]

// Allowed inside JSON, but a terminal may obey them.
const unsafe = /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu

/** An event as one line of JSON, its bytes in base64: what another program reads. */
export function jsonLine(event: NetEvent): string {
  const { data } = event
  const plain = data === undefined ? event : { ...event, data: Buffer.from(data).toString('base64') }
  return `${JSON.stringify(plain, keys).replace(unsafe, escapeCharacter)}\n`
}

function escapeCharacter(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
