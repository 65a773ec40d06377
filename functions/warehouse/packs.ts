/** Cuts a list, in its order, in packs of at most `limit` bytes; one that is larger by itself is a pack alone. */
export function packs<T extends { bytes: number }>(items: readonly T[], limit: number): T[][] {
  const found: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    if (bytes + item.bytes > limit) {
      found.push([])
      bytes = 0
    }
    found.at(-1)!.push(item)
    bytes += item.bytes
  }
  return found
}
