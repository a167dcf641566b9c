/** One answer as a client sees it. */
export interface ReceivedAnswer {
  readonly status: number
  readonly reason: string
  /** By their names in small letters; several of one name joined by a comma. */
  readonly fields: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly trailers: Readonly<Record<string, string>>
}

/** What was read of a stream of answers, and how many bytes of it that was. */
export interface ReceivedAnswers {
  readonly answers: readonly ReceivedAnswer[]
  readonly bytes: number
}

/**
 * Takes a stream of answers apart, strictly: whatever a careful client would not understand is an error here. `methods` are
 * those of the requests, GET when not said, or when the answer does not say itself (X-Method); with `isOver` an answer may be ended by the connection's end.
 */
export function readAnswers(
  raw: Buffer,
  { methods = [], isOver = false }: { methods?: readonly string[] | undefined; isOver?: boolean } = {},
): ReceivedAnswers {
  const answers: ReceivedAnswer[] = []
  let at = 0
  while (at < raw.length) {
    const one = readOne(
      raw.subarray(at),
      methods[answers.filter(({ status }) => status >= 200).length] ?? 'GET',
      isOver,
    )
    if (one === undefined) break
    answers.push(one.answer)
    at += one.bytes
  }
  return { answers, bytes: at }
}

function readOne(raw: Buffer, method: string, isOver: boolean): { answer: ReceivedAnswer; bytes: number } | undefined {
  const end = raw.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = raw.toString('latin1', 0, end).split('\r\n')
  const [, digits, reason] = /^HTTP\/1\.1 (\d{3}) ([\t -~]*)$/.exec(first) ?? []
  if (digits === undefined || reason === undefined) throw new Error(`This is no status line: ${JSON.stringify(first)}`)
  const status = Number(digits)
  const fields = fieldsOf(lines)
  const part = raw.subarray(end + 4)
  const answer = (body: Buffer, trailers = {}): ReceivedAnswer => ({ status, reason, fields, body, trailers })
  const { 'content-length': length, 'transfer-encoding': coding } = fields
  if (length !== undefined && coding !== undefined) throw new Error('Both Content-Length and Transfer-Encoding')
  if (status < 200 || status === 204) {
    if (length !== undefined || coding !== undefined) throw new Error(`${status} with a body`)
  }
  if (status < 200 || status === 204 || status === 304 || (fields['x-method'] ?? method) === 'HEAD') {
    return { answer: answer(Buffer.alloc(0)), bytes: end + 4 }
  }
  if (coding !== undefined) {
    if (coding !== 'chunked') throw new Error(`Transfer-Encoding: ${coding}`)
    const chunked = readChunked(part)
    return chunked && { answer: answer(chunked.body, chunked.trailers), bytes: end + 4 + chunked.bytes }
  }
  if (length === undefined) {
    if (fields.connection !== 'close') throw new Error('Neither a length nor Connection: close')
    return isOver ? { answer: answer(part), bytes: raw.length } : undefined
  }
  if (!/^\d+$/.test(length)) throw new Error(`Content-Length: ${length}`)
  if (part.length < Number(length)) return undefined
  return { answer: answer(part.subarray(0, Number(length))), bytes: end + 4 + Number(length) }
}

function readChunked(raw: Buffer): { body: Buffer; trailers: Record<string, string>; bytes: number } | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const end = raw.indexOf('\r\n', at)
    if (end === -1) return undefined
    const digits = raw.toString('latin1', at, end)
    if (!/^[\da-f]+$/.test(digits)) throw new Error(`This is no chunk size: ${JSON.stringify(digits)}`)
    const size = Number.parseInt(digits, 16)
    at = end + 2
    if (size === 0) {
      const stop = raw.indexOf('\r\n\r\n', end)
      if (stop === -1) return undefined
      const trailers = fieldsOf(
        raw
          .toString('latin1', at, stop)
          .split('\r\n')
          .filter((line) => line !== ''),
      )
      return { body: Buffer.concat(chunks), trailers, bytes: stop + 4 }
    }
    if (raw.length < at + size + 2) return undefined
    if (raw.toString('latin1', at + size, at + size + 2) !== '\r\n') throw new Error('A chunk that is too long')
    chunks.push(raw.subarray(at, at + size))
    at += size + 2
  }
}

function fieldsOf(lines: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const line of lines) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+): ([\t -~\x80-\xff]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`This is no field: ${JSON.stringify(line)}`)
    const key = name.toLowerCase()
    fields[key] = fields[key] === undefined ? value : `${fields[key]}, ${value}`
  }
  return fields
}
