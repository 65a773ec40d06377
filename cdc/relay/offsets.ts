interface Entry {
  nextOffset: number
  done: boolean
}

/**
 * What of one topic partition may be committed: batches are taken by Pub/Sub in any order, but only the
 * run of taken ones from the front counts.
 */
export class OffsetTracker {
  private entries: Entry[] = []
  private committable: number | undefined
  private committed: number | undefined

  /** Registers all offsets below `nextOffset`; the returned function marks them as taken. */
  track(nextOffset: number): () => void {
    const entry: Entry = { nextOffset, done: false }
    this.entries.push(entry)
    return () => {
      entry.done = true
      let run = 0
      while (this.entries[run]?.done) run += 1
      if (run > 0) this.committable = this.entries[run - 1]!.nextOffset
      this.entries.splice(0, run)
    }
  }

  /** The offset to commit, the next one to read, if there is progress since `markCommitted`. */
  toCommit(): number | undefined {
    return this.committable !== this.committed ? this.committable : undefined
  }

  markCommitted(offset: number): void {
    this.committed = offset
  }

  /** Has the position committed again even without progress. */
  forgetCommitted(): void {
    this.committed = undefined
  }

  get pending(): number {
    return this.entries.length
  }
}
