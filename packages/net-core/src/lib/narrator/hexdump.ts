/** How many bytes a row shows. */
const ROW_BYTES = 16

/** The rows of a hexdump: where in the stream, the bytes in hex, and what of them is printable ASCII. */
export function hexdump(data: Uint8Array, offset = 0): string[] {
  const rows: string[] = []
  for (let at = 0; at < data.length; at += ROW_BYTES) {
    const bytes = [...data.subarray(at, at + ROW_BYTES)]
    const hex = bytes.map((byte, index) => `${index === ROW_BYTES / 2 ? ' ' : ''}${byte.toString(16).padStart(2, '0')}`)
    const ascii = bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    const place = (offset + at).toString(16).padStart(4, '0')
    rows.push(`${place}  ${hex.join(' ').padEnd(ROW_BYTES * 3)}  ${ascii}`)
  }
  return rows
}
