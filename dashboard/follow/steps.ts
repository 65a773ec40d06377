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
