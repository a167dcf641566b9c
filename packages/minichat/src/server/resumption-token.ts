import { createHmac, timingSafeEqual } from 'node:crypto'

/** Where a member was in the order, and by which nick it was known. */
export interface Resumption {
  /** The `place` of the bus when the member was given its last frame. */
  readonly place: string
  /** The member's nick; whoever has the token may bear it, unless somebody else does by now. */
  readonly nick: string
  /** The server that it was on, in one of its lives: the `origin` of its bus. */
  readonly origin: string
}

/** Half of SHA-256: forged tokens fail, and a person can still paste the line. */
const MAC_BYTES = 16

/**
 * A word that a member shows when it comes back, to this server or to another of the room: it gets what it missed, and its
 * nick. Only who knows the room's `secret` can make one, and no database is asked.
 */
export function makeToken({ place, nick, origin }: Resumption, secret: Buffer): string {
  const signed = `${place}.${Buffer.from(nick).toString('base64url')}.${origin}`
  return `${signed}.${seal(signed, secret).toString('base64url')}`
}

/**
 * Reads a token; undefined when it is not of this room, or nobody made it.
 */
export function readToken(token: string, secret: Buffer): Resumption | undefined {
  const [, signed = '', place = '', nick = '', origin = '', mac = ''] =
    /^(([0-9-]{1,64})\.([\w-]{0,256})\.([a-z\d]{1,16}))\.([\w-]{22})$/.exec(token.trim()) ?? []
  const expected = seal(signed, secret)
  const given = Buffer.from(mac, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return { place, nick: Buffer.from(nick, 'base64url').toString(), origin }
}

function seal(text: string, secret: Buffer): Buffer {
  return createHmac('sha256', secret).update(text).digest().subarray(0, MAC_BYTES)
}
