import { messages } from '../messages.ts'
import { atMost } from './at-most.ts'
import type { Member } from './member.ts'
import { readNick } from './nick.ts'
import type { Resumption } from './resumption-token.ts'
import type { Room } from './room.ts'

/** How long a member is not read while the bus has not said whether the nick is its own. */
const CLAIM_MS = 2_000
/** So many names `:who` tells. */
const MOST_NAMES = 50

/**
 * What a member of a room with names has typed: one of the commands, or a line for everybody. `:bye` has been dealt with.
 * Whatever looks like a command and is none is a line.
 */
export function obey(room: Room, member: Member, line: string): Promise<void> | undefined {
  const [, command, rest = ''] = /^:(nick|who|help|me|back)(?: (.*))?$/s.exec(line) ?? []
  if (command === 'nick') return rename(room, member, rest.trim())
  if (command === 'back') return comeBack(room, member, rest)
  if (command === 'who') tellWho(room, member)
  else if (command === 'help') room.tell(member, messages.help)
  else room.say(member, command === 'me' && rest !== '' ? `*${rest}*` : line)
  return undefined
}

/** Gives a member the nick that it has until it chooses one; no other server has the like. */
export function nameGuest(room: Room, member: Member): void {
  call(member, room.roster.adopt(member))
}

/** Gives a member the nick it had before, if nobody has taken it. Says whether the nick was still kept for it. */
export function nameAgain(room: Room, member: Member, left: Resumption): boolean {
  const nick = readNick(left.nick)
  const isKept = nick !== undefined && room.roster.isTaken(nick.key)
  if (!nick || !room.roster.restore(member, nick, left.origin)) return false
  call(member, nick.nick)
  return isKept
}

async function rename(room: Room, member: Member, typed: string): Promise<void> {
  const nick = readNick(typed)
  if (!nick) return room.tell(member, messages.badNick)
  const old = member.name
  if (nick.nick === old) return
  const claim = room.roster.claim(member, nick).then((isGranted) => {
    if (!isGranted) return room.tell(member, messages.takenNick, { name: nick.nick })
    call(member, nick.nick)
    room.announce(messages.renamed, { old, name: nick.nick })
  })
  await atMost(claim, CLAIM_MS)
}

/** Somebody shows a token late: a person, who had to paste it. A program begins with it. */
async function comeBack(room: Room, member: Member, typed: string): Promise<void> {
  const left = room.readToken(typed)
  if (!left) return room.refuseToken(member)
  const old = member.name
  nameAgain(room, member, left)
  if (member.name !== old) room.announce(messages.renamed, { old, name: member.name })
  await room.catchUp(member, left.place)
}

function call(member: Member, nick: string): void {
  member.name = nick
  member.prefix = `<${nick}> `
}

function tellWho(room: Room, member: Member): void {
  const { nicks } = room.roster
  const sorted = nicks.toSorted((a, b) => a.localeCompare(b))
  const names = sorted.slice(0, MOST_NAMES).join(', ')
  const more = nicks.length - MOST_NAMES
  const told = more > 0 ? room.text(messages.whoMore, { names, count: more }) : names
  room.tell(member, messages.who, { count: nicks.length, names: told })
}
