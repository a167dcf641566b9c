/**
 * `length` bytes that hardly repeat, so that a lost, doubled or displaced one shows. The same seed gives the same.
 *
 * @example
 * ```ts
 * import { bytes } from '@fund/net-core/testing'
 *
 * console.log(bytes(1000).equals(bytes(1000)), bytes(4).length) // true 4
 * ```
 */
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

/**
 * What somebody reads through `recv`, until EOF.
 *
 * @example
 * ```ts
 * import { connect, listen } from '@fund/net-core'
 * import { readAll } from '@fund/net-core/testing'
 *
 * await using listener = await listen({ port: 0 })
 * await using client = await connect(listener.address)
 * await using connection = await listener.accept()
 * await client.sendAll('oi\n')
 * await client.closeWrite()
 * console.log(String(await readAll(connection))) // oi
 * ```
 */
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
