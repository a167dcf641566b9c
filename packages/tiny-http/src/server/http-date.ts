const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`

/** The three forms that a date of HTTP may have; a sender uses the first, a recipient takes all (RFC 9110, 5.6.7). */
const forms = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^(${DAYS.join('|')}), (?<day>\\d\\d) (?<month>${MONTHS.join('|')}) (?<year>\\d{4}) ${TIME} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(`^(${LONG_DAYS.join('|')}), (?<day>\\d\\d)-(?<month>${MONTHS.join('|')})-(?<year>\\d\\d) ${TIME} GMT$`),
  // Sun Nov  6 08:49:37 1994
  new RegExp(`^(${DAYS.join('|')}) (?<month>${MONTHS.join('|')}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
]

/**
 * Reads a date of HTTP (RFC 9110, 5.6.7), in milliseconds since 1970; `undefined` when it is none.
 *
 * @param now Milliseconds since 1970: the old form has a year of two digits, which is not more than 50 years from now.
 */
export function parseHttpDate(text: string, now: number = Date.now()): number | undefined {
  for (const form of forms) {
    const found = form.exec(text)?.groups
    if (!found) continue
    const { day = '', month = '', year = '', hour, minute, second } = found
    const fullYear = year.length === 4 ? Number(year) : century(Number(year), now)
    const date = new Date(0)
    date.setUTCFullYear(fullYear, MONTHS.indexOf(month), Number(day))
    if (date.getUTCDate() !== Number(day)) return undefined // there is no 31st of February
    const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
    // A leap second, :60, is one.
    const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60
    return isTime ? date.getTime() + seconds * 1000 : undefined
  }
  return undefined
}

function century(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + twoDigits
  return year > thisYear + 50 ? year - 100 : year
}

/** Writes a date as HTTP wants it, in whole seconds: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString()
}

/** The Date field of now, with its line end. */
export function dateField(): string {
  return `Date: ${new Date().toUTCString()}\r\n`
}
