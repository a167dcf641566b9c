/** Runs `work` on every item, at most `limit` of them at once, and gives the results in the items' order. */
export async function atATime<T, R>(limit: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  async function worker(): Promise<void> {
    for (const [index, item] of left) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return results
}
