/** A column as PostgreSQL numbers and types it; a renamed column keeps its number. */
export interface ShapeColumn {
  number: number
  name: string
  /** With its modifiers: `numeric(10,2)`. */
  type: string
}

/** What a captured table looks like, as far as its changes depend on it. */
export interface Shape {
  columns: ShapeColumn[]
  /** Whether an update's record in the WAL carries the whole old row. */
  wholeOldRow: boolean
}

const list = (names: readonly string[]): string => names.join(', ')

/**
 * What became different between two shapes of a table, in words without values; empty if nothing did. PostgreSQL
 * sends no change for a row that gets a default, another name or another type of a column, so each of these asks for
 * reading the table again.
 */
export function shapeChanges(before: Shape, after: Shape): string[] {
  const old = new Map(before.columns.map((column) => [column.number, column]))
  const now = new Map(after.columns.map((column) => [column.number, column]))
  const added = after.columns.filter(({ number }) => !old.has(number)).map(({ name }) => name)
  const dropped = before.columns.filter(({ number }) => !now.has(number)).map(({ name }) => name)
  const changes = [
    ...(added.length > 0 ? [`added ${list(added)}`] : []),
    ...(dropped.length > 0 ? [`dropped ${list(dropped)}`] : []),
  ]
  for (const column of after.columns) {
    const was = old.get(column.number)
    if (was && was.name !== column.name) changes.push(`renamed ${was.name} to ${column.name}`)
    if (was && was.type !== column.type) changes.push(`${column.name} is ${column.type}, was ${was.type}`)
  }
  if (after.wholeOldRow && !before.wholeOldRow) changes.push('updates carry the whole row again')
  return changes
}
