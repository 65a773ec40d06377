/** Gives primary keys. Two sources in use at once must never give the same one for a table. */
export interface IdSource {
  next(table: string): number
}

/** Counts from 1, each table by itself. */
export function countingIds(): IdSource {
  const last = new Map<string, number>()
  return {
    next(table) {
      const id = (last.get(table) ?? 0) + 1
      last.set(table, id)
      return id
    },
  }
}
