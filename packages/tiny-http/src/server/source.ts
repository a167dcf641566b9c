/** Where the chunks of an answer come from. */
export interface Source {
  next(): Promise<{ done?: boolean | undefined; value?: Uint8Array | undefined }>
  stop(reason: unknown): void
}

/** A stream that uses its memory again, when it is told how much of what was sent still waits. */
interface Lender {
  lend(queued: () => number): AsyncIterator<Uint8Array>
}

/** @param queued How many bytes of what was sent wait here. */
export function sourceOf(
  content: AsyncIterable<Uint8Array> | (AsyncIterable<Uint8Array> & Lender),
  queued: () => number,
): Source {
  if (content instanceof ReadableStream) {
    const reader = (content as ReadableStream<Uint8Array>).getReader()
    return { next: () => reader.read(), stop: (reason) => void reader.cancel(reason).catch(() => undefined) }
  }
  const iterator = 'lend' in content ? content.lend(queued) : content[Symbol.asyncIterator]()
  const leave = async (): Promise<unknown> => iterator.return?.() // not every iterator gives a promise
  return { next: () => iterator.next(), stop: () => void leave().catch(() => undefined) }
}
