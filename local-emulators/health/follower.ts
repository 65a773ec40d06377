import { checkFollowed } from '@pipeline/dashboard/follow/http.ts'
import {
  capturedSteps,
  type Followed,
  type Follower,
  inLake,
  inReports,
  notKnown,
  notYet,
  type Step,
  there,
} from '@pipeline/dashboard/follow/steps.ts'
import { encodeVersion } from '@pipeline/functions/clickhouse/version.ts'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import type { Lake } from '@pipeline/functions/lake/port.ts'
import { literal } from '@pipeline/functions/quoting.ts'
import { findTable, type Table } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { stackBucket } from '../stack-bucket.ts'
import type { StackFile } from '../stack-file.ts'
import { readWarehouse } from '../warehouse-file.ts'
import { type ChangePlace, inNewBatches, inWarehouse, objectOf } from './newest-change.ts'
import { clickhouseRows, clickhouseTime } from './sources.ts'

const PATIENCE_MS = 5_000

async function lakeStep(lake: Lake, table: Table, change: ChangePlace): Promise<Step> {
  const object = await objectOf(lake, table, change)
  if (!object) return notYet('lake', 'Lake', 'lake-sink has not stored it')
  return inLake(object.name, object.storedAt)
}

async function clickhouseStep(
  stack: StackFile,
  password: string | undefined,
  table: Table,
  key: string,
  change: ChangePlace,
): Promise<Step> {
  const [id, title] = ['clickhouse', 'ClickHouse']
  const { topic, partition, offset } = change
  const query = `SELECT (SELECT toString(max(_version)) FROM hospital.${table.name} WHERE ${table.key[0]} = {key:Int64}) AS version,
    (SELECT toString(min(stored_at)) FROM hospital.change_batches WHERE topic = {topic:String} AND partition = {partition:Int32}
      AND first_offset <= {offset:Int64} AND last_offset >= {offset:Int64}) AS stored`
  try {
    const params = { key, topic, partition, offset }
    const asked = { params, patienceMs: PATIENCE_MS }
    const [row] = await clickhouseRows<{ version: string; stored: string }>(stack, password, query, asked)
    const { version, stored } = row!
    if (BigInt(version || '0') < BigInt(encodeVersion(change.sequence)))
      return notYet(id, title, 'clickhouse-sink has not stored it')
    return there(id, title, clickhouseTime(stored), `hospital.${table.name}`)
  } catch {
    return notKnown(id, title, 'ClickHouse does not answer')
  }
}

async function reportsStep({ publishedFile }: StackFile, table: Table, change: ChangePlace): Promise<Step> {
  const [id, title] = ['reports', 'Marts and reports']
  try {
    const [row] = await readWarehouse(
      publishedFile,
      (rows) =>
        rows(`SELECT epoch_ms(newest_commit_at)::VARCHAR AS committed, epoch_ms(built_at)::VARCHAR AS built
          FROM marts.pipeline_health WHERE table_name = ${literal(table.name)}`),
      PATIENCE_MS,
    )
    if (!row?.committed || Number(row.committed) < Date.parse(change.committedAt))
      return notYet(id, title, 'waits for dbt')
    return inReports(new Date(Number(row.built)).toISOString())
  } catch {
    return notYet(id, title, 'there are no reports yet')
  }
}

interface FollowerOptions {
  now?: () => Date
  clickhousePassword?: string
}

/** Follows the newest change of a row through the local stack. Looks at keys, positions and times alone. */
export function stackFollower(
  stack: StackFile,
  { now = () => new Date(), clickhousePassword }: FollowerOptions = {},
): Follower {
  const lake = gcsLake(stackBucket(stack))
  return {
    async follow(name, key): Promise<Followed | undefined> {
      checkFollowed(name, key)
      const table = findTable(name)!
      const loaded = await inWarehouse(stack.warehouseFile, table, key)
      let newer: ChangePlace | undefined
      try {
        newer = await inNewBatches(lake, table, key, loaded?.lastOffset ?? -1, now())
      } catch (error) {
        throw new PipelineError('FOLLOW_UNAVAILABLE', { part: 'lake' }, error)
      }
      const known = loaded?.change
      const change = newer && (!known || newer.sequence > known.sequence) ? newer : known
      if (!change) return undefined
      const { op, topic, partition, offset, loadedAt } = change
      const [lakeAt, clickhouseAt, reportsAt] = await Promise.all([
        lakeStep(lake, table, change),
        clickhouseStep(stack, clickhousePassword, table, key, change),
        reportsStep(stack, table, change),
      ])
      const raw = `raw.${name}_changes`
      return {
        table: name,
        key,
        op,
        steps: [
          ...capturedSteps(change),
          there('kafka', 'Kafka', null, `${topic}, partition ${partition}, offset ${offset}`),
          lakeAt,
          clickhouseAt,
          loadedAt
            ? there('warehouse', 'Warehouse', loadedAt, raw)
            : loaded
              ? notYet('warehouse', 'Warehouse', 'waits for the next load')
              : notKnown('warehouse', 'Warehouse', 'a load or dbt is under way'),
          reportsAt,
        ],
      }
    },
  }
}
