// Controls (C0, DEL, C1), what turns the direction of text around, private and unassigned characters, and every
// separator but the space: none of them may reach a terminal that shows what a stranger has sent.
const unprintable = /[\p{C}\p{Z}]/u
const unprintables = /(?! )[\p{C}\p{Z}]/gu

/** Whether a character can be shown as it is. */
export function isPrintable(character: string): boolean {
  return character === ' ' || !unprintable.test(character)
}

/** A byte as `\xNN`. */
export function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}

/** The text with what cannot be shown as it is written as `\xNN`, byte by byte. */
export function printable(text: string): string {
  return text.replace(unprintables, (character) => Array.from(Buffer.from(character), escapeByte).join(''))
}
