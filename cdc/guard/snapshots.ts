import { catalog, changeTopic } from '@pipeline/hospital/catalog.ts'
import { parseLsn } from '@pipeline/hospital/sequence.ts'
import type { Producer } from 'kafkajs'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { SnapshotNotice } from './notification.ts'
import { slotState } from './slot-watch.ts'
import { truncateRecord } from './truncate-record.ts'

export interface SnapshotParts {
  client: pg.ClientBase
  producer: Producer
  logger: Logger
  /** Whether a topic had records before a time, ms since the epoch. */
  hadRecords: (topic: string, before: number) => Promise<boolean>
  /** The LSN at which the rows of a snapshot stand that was taken since a time; undefined if it found no row. */
  snapshotLsn: (since: number) => Promise<bigint | undefined>
}

/**
 * A snapshot of all tables is taken when the slot is new. While it runs, the slot stays at the LSN where it was made:
 * above every change that was captured before, and not above any that comes after.
 */
export async function snapshotStarted(client: pg.ClientBase, notice: SnapshotNotice): Promise<void> {
  const slot = await slotState(client)
  await client.query(
    `INSERT INTO pipeline.snapshots (id, started_at, floor_lsn, floor_read_at)
     VALUES ($1, to_timestamp($2 / 1000.0), $3, to_timestamp($4 / 1000.0)) ON CONFLICT (id) DO NOTHING`,
    [notice.id, notice.at, slot.restartLsn, Date.now()],
  )
}

interface Open {
  id: string
  startedAt: number
  /** The slot's restart LSN when it was read. */
  floor: string | null
  floorReadAt: number
}

/** Snapshots that were started and whose end has not been dealt with, oldest first. */
async function openSnapshots(client: pg.ClientBase): Promise<Open[]> {
  const { rows } = await client.query<Open>(
    `SELECT id, (extract(epoch FROM started_at) * 1000)::float8 AS "startedAt", floor_lsn::text AS floor,
       (extract(epoch FROM floor_read_at) * 1000)::float8 AS "floorReadAt"
     FROM pipeline.snapshots WHERE ended_at IS NULL ORDER BY started_at`,
  )
  return rows
}

/**
 * What a snapshot that ended at `at` (ms since the epoch) did not find was deleted while nobody captured: says so with a truncate below the snapshot in every
 * topic that had records before it. Saying it twice changes nothing.
 */
export async function snapshotCompleted(parts: SnapshotParts, at: number): Promise<void> {
  const { client, producer, logger } = parts
  for (const { id, startedAt, floor: restartLsn, floorReadAt } of await openSnapshots(client)) {
    const repeated: string[] = []
    for (const { name } of catalog) {
      if (await parts.hadRecords(changeTopic(name), startedAt)) repeated.push(name)
    }
    // After the end the slot has moved on; then the snapshot's own rows tell where it stands.
    const inTime = restartLsn !== null && floorReadAt < at
    const floor = inTime ? parseLsn(restartLsn) : await parts.snapshotLsn(startedAt)
    if (floor === undefined && repeated.length > 0) {
      logger.error(
        { snapshot: id },
        'a new snapshot found no rows and its LSN is not known: rows deleted before it stay; reconcile names them',
      )
    } else if (floor !== undefined) {
      for (const table of repeated) {
        const record = truncateRecord(table, floor, new Date(at))
        await producer.send({ topic: changeTopic(table), acks: -1, messages: [{ ...record, partition: 0 }] })
      }
    }
    await client.query('UPDATE pipeline.snapshots SET ended_at = now() WHERE id = $1', [id])
    if (repeated.length > 0) {
      logger.warn(
        { snapshot: id, tables: repeated.length },
        'capture had lost its place and all tables were read again: changes in between are known by their result only',
      )
    }
  }
}
