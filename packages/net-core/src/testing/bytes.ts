/** `length` bytes that hardly repeat, so that a lost, doubled or displaced one shows. The same seed gives the same. */
export function bytes(length: number, seed = 1): Buffer {
  const data = Buffer.allocUnsafe(length)
  let state = seed >>> 0 || 1
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    data[at] = state
  }
  return data
}

/** What somebody reads through `recv`, until EOF. */
export async function readAll(
  source: { recv(max?: number): Promise<Uint8Array | null> },
  max?: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (let chunk = await source.recv(max); chunk; chunk = await source.recv(max)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What a chunk says, and `null` as it is. */
export function text(chunk: Uint8Array | null): string | null {
  return chunk && Buffer.from(chunk).toString()
}
