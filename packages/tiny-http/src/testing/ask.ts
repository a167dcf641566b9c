import { type Address, connect } from '@fund/net-core'

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number
  /** By their names in small letters; several of one name with a comma between. */
  readonly fields: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** Sends one request, byte for byte as it stands here, and reads what comes until the server closes. */
export async function ask(
  address: Address,
  requestLine: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<WireAnswer> {
  await using client = await connect(address)
  const lines = Object.entries({ Host: 'localhost', Connection: 'close', ...fields }).map((pair) => pair.join(': '))
  await client.sendAll(Buffer.from([requestLine, ...lines, '', ''].join('\r\n'), 'latin1'))
  const chunks: Uint8Array[] = []
  for (let chunk = await client.recv(); chunk; chunk = await client.recv()) chunks.push(chunk)
  return answerOf(Buffer.concat(chunks), requestLine.split(' ')[0])
}

/** Reads an answer that is complete. @throws when its body is not as long as its Content-Length says. */
function answerOf(bytes: Buffer, method = 'GET'): WireAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const fields = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon).toLowerCase()
    const known = fields.get(name)
    fields.set(name, `${known === undefined ? '' : `${known}, `}${line.slice(colon + 2)}`)
  }
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1])
  const body = bytes.subarray(end + 4)
  const length = fields.get('content-length')
  const mayLie = method === 'HEAD' || status === 304
  if (length !== undefined && !mayLie && Number(length) !== body.length) {
    throw new Error(`Content-Length says ${length}, and ${body.length} bytes came`)
  }
  return { status, fields, body }
}
