import { safeError } from '@pipeline/hospital/errors.ts'
import kafkajs, { type Consumer, type Kafka } from 'kafkajs'
import type pg from 'pg'
import type { Logger } from 'pino'
import { restartFailed } from '../connect/connector.ts'
import { REREADS_TOPIC } from '../topics.ts'
import { follow } from './follow.ts'
import { type GuardMetrics, showSlot } from './metrics.ts'
import { readNotice } from './notification.ts'
import { hadRecords, snapshotLsn } from './positions.ts'
import { rereadings } from './row-filter.ts'
import { watchSchema } from './schema-watch.ts'
import { askForSnapshot, removeSignals } from './signals.ts'
import { dropLostSlot, slotState } from './slot-watch.ts'
import { snapshotCompleted, snapshotStarted } from './snapshots.ts'

export interface GuardOptions {
  kafka: Kafka
  pool: pg.Pool
  connectUrl: string
  connectorName: string
  notificationsTopic: string
  intervalMs: number
  metrics: GuardMetrics
  logger: Logger
  /** Called when reading ended for good; only a new process helps. */
  onFatal(error: Error): void
}

/** Watches the capture of changes and mends it: tasks that failed, a slot that is gone, tables whose shape changed. */
export class Guard {
  private readonly options: GuardOptions
  private consumers: Consumer[] = []
  private timer: NodeJS.Timeout | undefined
  private looking: Promise<void> | undefined
  private stopped = false
  private sawSlot = false
  private sawConnector = false

  constructor(options: GuardOptions) {
    this.options = options
  }

  /** Resolves once the notifications are being read. */
  async start(): Promise<void> {
    this.consumers = await Promise.all([this.followSnapshots(), this.followRereads()])
    this.timer = setInterval(() => this.look(), this.options.intervalMs)
    this.look()
  }

  async stop(): Promise<void> {
    this.stopped = true
    clearInterval(this.timer)
    await this.looking
    await Promise.all(this.consumers.map((consumer) => consumer.disconnect()))
  }

  private look(): void {
    this.looking ??= this.lookNow().finally(() => {
      this.looking = undefined
    })
  }

  /** Each look stands by itself: one part that is away does not keep the others from being looked at. */
  private async lookNow(): Promise<void> {
    const { connectUrl, connectorName, metrics, logger } = this.options
    await this.attempt('slot', async () => {
      try {
        await this.lookAtSlot()
      } catch (error) {
        showSlot(metrics, undefined)
        throw error
      }
    })
    await this.attempt('tables', async () => {
      const tables = await this.withClient((client) => watchSchema(client, logger))
      for (const table of tables) metrics.rereads.inc({ table })
    })
    await this.attempt('connector', async () => {
      const reasons = await restartFailed(connectUrl, connectorName)
      this.sawConnector = true
      if (!reasons) return
      metrics.restarts.inc()
      logger.error({ reasons: reasons.join(', ') }, 'failed tasks of the connector were started again')
    })
  }

  private async lookAtSlot(): Promise<void> {
    const { metrics, logger } = this.options
    await this.withClient(async (client) => {
      if (await dropLostSlot(client)) {
        logger.error('PostgreSQL had removed WAL that the slot needed: dropped it, a new snapshot follows')
      }
      const slot = await slotState(client)
      showSlot(metrics, slot)
      if (this.sawSlot && !slot.exists) {
        logger.error('the replication slot is gone: Debezium makes a new one and takes a snapshot')
      }
      this.sawSlot = slot.exists
    })
  }

  private async followSnapshots(): Promise<Consumer> {
    const { kafka, notificationsTopic, logger } = this.options
    return follow(
      kafka,
      notificationsTopic,
      'hospital-guard',
      async ({ batch, heartbeat }) => {
        for (const { value } of batch.messages) {
          const notice = readNotice(value)
          if (!notice) continue
          logger.info({ snapshot: notice.id, kind: notice.kind, type: notice.type }, 'snapshot')
          await this.withClient(async (client) => {
            if (notice.kind === 'incremental') {
              if (notice.type !== 'started') await removeSignals(client, notice.id)
            } else if (notice.type === 'started') {
              await snapshotStarted(client, notice)
            } else if (notice.type === 'completed') {
              await this.endSnapshot(client, notice)
            }
          })
          await heartbeat()
        }
      },
      (error) => this.ended(error),
    )
  }

  private async followRereads(): Promise<Consumer> {
    const { kafka, logger, metrics } = this.options
    return follow(
      kafka,
      REREADS_TOPIC,
      'hospital-guard-rereads',
      async ({ batch }) => {
        const records = batch.messages.map(({ key, value }) => ({
          topic: String(key),
          key: value ?? Buffer.alloc(0),
        }))
        for (const rereading of rereadings(records)) {
          await this.withClient((client) => askForSnapshot(client, rereading))
          metrics.rereads.inc({ table: rereading.table })
          logger.warn(
            { table: rereading.table, records: records.length },
            'rows that came without a large column are read again',
          )
        }
      },
      (error) => this.ended(error),
    )
  }

  private ended(error: Error): void {
    if (!this.stopped) this.options.onFatal(error)
  }

  private async endSnapshot(client: pg.ClientBase, notice: { at: number }): Promise<void> {
    const { kafka, metrics, logger } = this.options
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    const admin = kafka.admin()
    await Promise.all([producer.connect(), admin.connect()])
    try {
      await snapshotCompleted(
        {
          client,
          producer,
          logger,
          hadRecords: (topic, before) => hadRecords(admin, topic, before),
          snapshotLsn: (since) => snapshotLsn(kafka, admin, since),
        },
        notice.at,
      )
      metrics.snapshots.inc()
    } finally {
      await Promise.allSettled([producer.disconnect(), admin.disconnect()])
    }
  }

  private async withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.options.pool.connect()
    let failed = true
    try {
      const result = await work(client)
      failed = false
      return result
    } finally {
      client.release(failed)
    }
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      // Connect takes its time to start and to get its connector.
      const level = what === 'connector' && !this.sawConnector ? 'info' : 'warn'
      if (!this.stopped)
        this.options.logger[level]({ what, error: safeError(error) }, 'could not look, will again')
    }
  }
}
