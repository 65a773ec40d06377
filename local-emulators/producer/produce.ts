import { setTimeout as sleep } from 'node:timers/promises'
import { LARGEST_EVENT, type Simulator } from '@pipeline/hospital/simulator/simulator.ts'
import { EventPath } from './event-path.ts'
import { EventSender } from './event-sender.ts'
import { moveIn } from './move-in.ts'
import { type ProduceOptions, type Progress, readOptions, type Settings } from './options.ts'
import { Pacer } from './pacer.ts'
import { PostgresIds } from './postgres-ids.ts'
import { Session } from './session.ts'
import { addCounts, type Counts, noCounts, wasWritten, write } from './writer.ts'

export type { ProduceOptions, Progress } from './options.ts'

/** What was written. The counts include the first filling of the dimensions, the speed does not. */
export interface Produced extends Counts {
  /** Rows that the dimensions were first filled with. */
  seeded: number
  /** Changes that the database was too slow for. */
  skipped: number
  seconds: number
  changesPerSecond: number
}

const CATCH_UP_SECONDS = 3
const MOST_IN_A_TRANSACTION = 2000
const PROGRESS_SECONDS = 1
const STREAMED_TABLES = ['patients', 'visits', 'prescriptions', 'billing_payments']

/** How far a stream of changes has come. */
class Meter {
  readonly start = performance.now()
  readonly pacer: Pacer
  counts = noCounts()
  done = 0
  #onProgress: Settings['onProgress']
  #reported = 0
  #skipped = 0
  #state: Progress['state'] = 'on time'

  constructor({ rate, onProgress }: Settings) {
    this.pacer = new Pacer(rate, CATCH_UP_SECONDS, this.start)
    this.#onProgress = onProgress
  }

  get seconds(): number {
    return (performance.now() - this.start) / 1000
  }

  get changesPerSecond(): number {
    return this.done / Math.max(this.seconds, 0.001)
  }

  wrote(count: number, counts: Counts): void {
    this.done += count
    this.pacer.done(count)
    this.counts = addCounts(this.counts, counts)
    const behind = this.pacer.skipped > this.#skipped
    const news = behind && this.#state !== 'behind'
    if (!news && this.seconds - this.#reported < PROGRESS_SECONDS) return
    this.#skipped = this.pacer.skipped
    this.report(behind ? 'behind' : 'on time')
  }

  report(state: Progress['state']): void {
    const { seconds, done, changesPerSecond, pacer } = this
    this.#reported = seconds
    this.#state = state
    this.#onProgress?.({ seconds, changes: done, changesPerSecond, skipped: pacer.skipped, state })
  }
}

/** Writes the next operations in one transaction, or what of them goes by SQL, and then the events. */
async function writeNext(
  session: Session,
  path: EventPath | undefined,
  ids: PostgresIds,
  simulator: Simulator,
  count: number,
  meter: Meter,
) {
  await ids.reserve(
    session,
    Object.fromEntries(STREAMED_TABLES.map((table) => [table, count + LARGEST_EVENT])),
  )
  const operations = simulator.step(count)
  const counts = path
    ? await path.write(operations)
    : await session.transaction({
        name: 'write changes',
        run: (client) => write(client, operations),
        wasCommitted: (client) => wasWritten(client, operations),
      })
  meter.wrote(operations.length, counts)
}

/**
 * Writes the life of a hospital to PostgreSQL at a steady rate, until its time, its changes or its signal end it.
 * Throws a PipelineError if the database or Kafka stays away longer than `patienceSeconds`. Events are in Kafka when it
 * returns, and on their way to PostgreSQL.
 */
export async function produce(options: ProduceOptions): Promise<Produced> {
  const settings = readOptions(options)
  const { databaseUrl, patienceSeconds, signal, tickMs } = settings
  const { seconds: mostSeconds = Number.POSITIVE_INFINITY, changes: mostChanges = Number.POSITIVE_INFINITY } =
    settings
  let meter = new Meter(settings)
  const session = new Session({
    databaseUrl,
    patienceSeconds,
    signal,
    onWaiting: () => meter.report('waiting'),
  })
  const onWaiting = () => meter.report('waiting')
  const sender =
    settings.via === 'events'
      ? new EventSender({ brokers: settings.kafkaBrokers!, patienceSeconds, signal, onWaiting })
      : undefined
  const path = sender && new EventPath(session, sender)
  const ids = new PostgresIds()
  try {
    const { simulator, counts: seedCounts } = await moveIn(session, settings, ids)
    meter = new Meter(settings)
    const end = meter.start + mostSeconds * 1000
    let nextTick = meter.start
    while (!signal?.aborted && meter.done < mostChanges) {
      const now = performance.now()
      const due = meter.pacer.due(Math.min(now, end))
      const count = Math.min(due, MOST_IN_A_TRANSACTION, mostChanges - meter.done)
      if (count > 0) await writeNext(session, path, ids, simulator, count, meter)
      if (now >= end) break
      if (count === MOST_IN_A_TRANSACTION) continue
      nextTick = Math.max(nextTick + tickMs, performance.now())
      const pause = Math.min(nextTick, end) - performance.now()
      await sleep(Math.max(pause, 0), undefined, signal && { signal }).catch(() => {})
    }
    if (path) meter.wrote(0, await path.finish(patienceSeconds, signal))
    return {
      ...addCounts(seedCounts, meter.counts),
      seeded: seedCounts.inserted,
      skipped: meter.pacer.skipped,
      seconds: meter.seconds,
      changesPerSecond: meter.changesPerSecond,
    }
  } finally {
    await sender?.close()
    await session.close()
  }
}
