import type { PartitionStream } from './partition-stream.ts'

export interface Position {
  topic: string
  partition: number
  offset: string
}

/** Commits what Pub/Sub has taken of each partition, one request at a time. */
export class Committer {
  readonly #streams: ReadonlyMap<string, PartitionStream>
  readonly #send: (positions: Position[]) => Promise<void>
  #running: Promise<void> | undefined

  constructor(streams: ReadonlyMap<string, PartitionStream>, send: (positions: Position[]) => Promise<void>) {
    this.#streams = streams
    this.#send = send
  }

  /** Commits where there is progress; joins a request that is under way. */
  commit(): Promise<void> {
    this.#running ??= this.#commitNow().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Commits what came since the request that may be under way, too. */
  async commitAll(): Promise<void> {
    await Promise.allSettled([this.#running])
    await this.#commitNow()
  }

  /**
   * Commits every position, progress or not. kafkajs tries a commit again that a rebalance refused, after the
   * rebalance, and so may put back what the partition's new reader has committed meanwhile.
   */
  commitAgain(): Promise<void> {
    for (const { offsets } of this.#streams.values()) offsets.forgetCommitted()
    return this.commit()
  }

  async #commitNow(): Promise<void> {
    const due = [...this.#streams.values()].flatMap((stream) => {
      const offset = stream.offsets.toCommit()
      return offset === undefined ? [] : [{ stream, offset }]
    })
    if (due.length === 0) return
    await this.#send(
      due.map(({ stream: { topic, partition }, offset }) => ({ topic, partition, offset: String(offset) })),
    )
    for (const { stream, offset } of due) stream.offsets.markCommitted(offset)
  }
}
