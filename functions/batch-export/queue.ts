/** Work that is done one after the other while its givers go on. After a failure nothing more is done. */
export class WorkQueue {
  private readonly most: number
  private readonly open: Promise<unknown>[] = []
  private last: Promise<unknown> = Promise.resolve()
  private failed = false

  /** `most`: pieces that may be under way or waiting before the givers should wait. */
  constructor(most: number) {
    this.most = most
  }

  /** Settles with the work, or with the failure before it. */
  add<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work)
    const settled = done.finally(() => {
      this.open.shift()
    })
    // Whoever waits sees a failure; until then it must not count as unhandled.
    settled.catch(() => {
      this.failed = true
    })
    this.last = settled
    this.open.push(settled)
    return done
  }

  get full(): boolean {
    return this.failed || this.open.length > this.most
  }

  /** Rejects with the first failure. */
  async drained(): Promise<void> {
    while (this.open.length > this.most) await this.open[0]
    if (this.failed) await this.last
  }

  /** When nothing is under way, failed or not. */
  async idle(): Promise<void> {
    await this.last.catch(() => undefined)
  }
}
