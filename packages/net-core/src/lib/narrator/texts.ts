import { type Language, type MessageId, messages, say } from '../../messages.ts'

/** The catalog in one language. */
export interface Texts {
  (id: MessageId, values?: Readonly<Record<string, string | number>>): string
  /** Why it failed, the system's word for it, and what to do next. */
  failure(code: string): string
  /** What to do next, or an empty string. */
  hint(code: string): string
  /** `1 byte`, `2 bytes`. */
  bytes(n: number): string
}

export function texts(language: Language): Texts {
  const text = (id: MessageId, values?: Readonly<Record<string, string | number>>): string =>
    say(messages[id], language, values)
  const known = (id: string): id is MessageId => Object.hasOwn(messages, id)
  const hint = (code: string): string => {
    const id = `hint.${code}`
    return known(id) ? text(id) : ''
  }
  const failure = (code: string): string => {
    const id = `reason.${code}`
    return `${text(known(id) ? id : 'reason.other')} (${code}). ${hint(code)}`.trimEnd()
  }
  const bytes = (n: number): string => text(n === 1 ? 'narrator.byte' : 'narrator.bytes', { n })
  return Object.assign(text, { failure, hint, bytes })
}
