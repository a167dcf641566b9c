import { inspect } from 'node:util'

/** A look that the 16 colours of every terminal have. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan'

/** Gives a text a look. */
export type Paint = (style: Style, text: string) => string

/**
 * Paints when `colour` says so, and only then: `styleText` of node:util looks at the stream and the environment by
 * itself, and not in every Node version alike.
 */
export function painter(colour: boolean): Paint {
  if (!colour) return (_style, text) => text
  return (style, text) => {
    const [open, close] = inspect.colors[style] as [number, number]
    return text.trim() === '' ? text : `\x1b[${open}m${text}\x1b[${close}m`
  }
}
