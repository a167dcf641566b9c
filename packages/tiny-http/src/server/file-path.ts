/** The only name with a dot in front that is given away, and only at the top (RFC 8615, 3). */
const WELL_KNOWN = '.well-known'
/** No system that we know has longer names than this in a path. */
const MOST_BYTES = 4096

/** What a path asks for. */
export interface FilePath {
  /** Under the folder, with `/` between names and none at either end; empty for the folder itself. */
  readonly relative: string
  /** Whether it ended in `/`: it means a folder. */
  readonly isFolder: boolean
}

/** A path that is not even one: `%` and no two digits behind it, or bytes that are no UTF-8. */
export const MALFORMED = 'malformed'

/**
 * What the path of a URL asks for, in plain letters; `undefined` when nothing can have that name, or nobody is to know.
 *
 * It is decoded once, and only then looked at. `.` and `..` are refused with the hidden names: a client resolves them
 * before it asks (RFC 3986, 5.2.4), so whoever sends them is up to something. So are `//`, NUL, and the backslash, which is a
 * slash to some systems and to every browser.
 *
 * @param path As the request line has it, without the query: `/com%20espaco/a.txt`.
 */
export function filePath(path: string): FilePath | undefined | typeof MALFORMED {
  const isPlain = plain.test(path)
  const decoded = isPlain ? path : decode(path)
  if (decoded === undefined) return MALFORMED
  if (!decoded.startsWith('/') || decoded.length > MOST_BYTES) return undefined
  if (!isPlain && (unnameable.test(decoded) || isHidden(decoded.slice(1)))) return undefined
  const isFolder = decoded.endsWith('/')
  return { relative: decoded.slice(1, isFolder ? -1 : undefined), isFolder }
}

/** The path of almost every request: nothing to decode, nothing to doubt. */
const plain = /^\/(?:\w[\w.-]*\/)*(?:\w[\w.-]*)?$/

const unnameable = /[\0\\]|\/\//

/** Whether one of the names begins with a dot. */
export function isHidden(relative: string): boolean {
  const rest =
    relative === WELL_KNOWN || relative.startsWith(`${WELL_KNOWN}/`) ? relative.slice(WELL_KNOWN.length) : relative
  return /(?:^|\/)\./.test(rest)
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    return undefined
  }
}

/** The path of a URL for a file or folder: always one `/` at the front, so that it never leads to another host. */
export function urlPath({ relative, isFolder }: FilePath): string {
  const names = relative.split('/').filter((name) => name !== '')
  return `/${names.map(encodeURIComponent).join('/')}${isFolder && names.length > 0 ? '/' : ''}`
}
