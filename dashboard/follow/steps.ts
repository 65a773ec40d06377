/** One place that a change has passed, or has not yet. */
export interface Step {
  id: string
  title: string
  /** ISO 8601, UTC; null while it has not come there, or where no time is kept. */
  at: string | null
  state: 'there' | 'not yet' | 'not known'
  /** Where exactly: names, offsets and positions, no row value. */
  where: string
}

/** What became of the newest change of a row, by its key. Row values are not looked at. */
export interface Followed {
  table: string
  key: string
  /** `c`, `u`, `d`, `r` as in the change record. */
  op: string
  steps: Step[]
}

export interface Follower {
  /**
   * Undefined where no change of the row is known. Throws REQUEST_INVALID for a table or key that can't be, and
   * FOLLOW_UNAVAILABLE when a store does not answer.
   */
  follow(table: string, key: string): Promise<Followed | undefined>
}

const step =
  (state: Step['state']) =>
  (id: string, title: string, where: string): Step => ({ id, title, at: null, state, where })
export const notYet = step('not yet')
export const notKnown = step('not known')

/** A place that a change has passed; `at` is null where no time is kept. */
export function there(id: string, title: string, at: string | null, where: string): Step {
  return { id, title, at, state: 'there', where }
}

/** Where every captured change has been; times are ISO 8601, UTC. */
export function capturedSteps(change: {
  committedAt: string | null
  capturedAt: string | null
  sequence: string
}): Step[] {
  return [
    there('postgres', 'PostgreSQL', change.committedAt, `committed at ${change.sequence.slice(0, 16)}`),
    there('debezium', 'Debezium', change.capturedAt, 'read from the WAL'),
  ]
}

/** A change that is in an object of the lake. A joined object is younger than what is in it. */
export function inLake(object: string, storedAt: string | null): Step {
  const joined = object.endsWith('.parquet')
  return there('lake', 'Lake', joined ? null : storedAt, joined ? `${object}, joined since` : object)
}

/** A change that the marts have since they were built. */
export function inReports(builtAt: string | null): Step {
  return there('reports', 'Marts and reports', builtAt, 'the time is that of the newest build')
}
