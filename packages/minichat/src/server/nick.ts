/** A nick as it is shown, and the key by which two are the same. */
export interface Nick {
  readonly nick: string
  readonly key: string
}

/** Letters that people of the Latin world write with, digits, `_` and `-`: nothing that looks like something else. */
const ALLOWED = /^[A-Za-zÀ-ÖØ-öø-ÿ0-9_-]{1,16}$/

/**
 * Reads a nick as it was typed: 1 to 16 letters (accents too), digits, `_` and `-`, in the form that Unicode calls NFKC, so
 * that `ａｎａ` in full width is `ana`. Two nicks that differ in capitals only are the same. Gives `undefined` for what is none.
 */
export function readNick(typed: string): Nick | undefined {
  const nick = typed.normalize('NFKC')
  return ALLOWED.test(nick) ? { nick, key: nick.toLowerCase() } : undefined
}
