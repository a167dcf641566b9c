/** Whatever moves a terminal's cursor, rings, ends a line of the screen, or turns the reading direction. The tab stays. */
const OBEYED = /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u
const ALL_OBEYED = new RegExp(OBEYED, 'gu')

/** Text that a terminal shows and does not obey: each character it would obey becomes U+FFFD (�). */
export function clean(text: string): string {
  return OBEYED.test(text) ? text.replace(ALL_OBEYED, '\ufffd') : text
}

/** Whether a text holds nothing that a terminal would obey. */
export function isClean(text: string): boolean {
  return !OBEYED.test(text)
}

/** How the room's own lines begin: with a star, also behind characters that no terminal shows. */
const LIKE_A_NOTICE = /^\p{Default_Ignorable_Code_Point}*\*/u

/** A line as others may see it: clean, and quoted when it begins as the room's own lines do, so that nobody can forge one. */
export function relayed(line: string): string {
  const text = clean(line)
  return LIKE_A_NOTICE.test(text) ? `> ${text}` : text
}
