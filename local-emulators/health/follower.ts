import { checkFollowed } from '@pipeline/dashboard/follow/http.ts'
import type { Followed, Follower, Step } from '@pipeline/dashboard/follow/steps.ts'
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

const there = (id: string, title: string, at: string | null, where: string): Step => ({
  id,
  title,
  at,
  state: 'there',
  where,
})
const open = (id: string, title: string, where: string): Step => ({
  id,
  title,
  at: null,
  state: 'not yet',
  where,
})
const unknown = (id: string, title: string, where: string): Step => ({
  id,
  title,
  at: null,
  state: 'not known',
  where,
})

async function lakeStep(lake: Lake, table: Table, change: ChangePlace): Promise<Step> {
  const [id, title] = ['lake', 'Lake']
  const object = await objectOf(lake, table, change)
  if (!object) return open(id, title, 'lake-sink has not stored it')
  const joined = object.name.endsWith('.parquet')
  return there(
    id,
    title,
    joined ? null : object.storedAt,
    joined ? `${object.name}, joined since` : object.name,
  )
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
      return open(id, title, 'clickhouse-sink has not stored it')
    return there(id, title, clickhouseTime(stored), `hospital.${table.name}`)
  } catch {
    return unknown(id, title, 'ClickHouse does not answer')
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
      return open(id, title, 'waits for dbt')
    return there(id, title, new Date(Number(row.built)).toISOString(), 'the time is that of the newest build')
  } catch {
    return open(id, title, 'there are no reports yet')
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
      const { op, committedAt, capturedAt, topic, partition, offset, sequence, loadedAt } = change
      const [inLake, inClickhouse, inReports] = await Promise.all([
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
          there('postgres', 'PostgreSQL', committedAt, `committed at ${sequence.slice(0, 16)}`),
          there('debezium', 'Debezium', capturedAt, 'read from the WAL'),
          there('kafka', 'Kafka', null, `${topic}, partition ${partition}, offset ${offset}`),
          inLake,
          inClickhouse,
          loadedAt
            ? there('warehouse', 'Warehouse', loadedAt, raw)
            : loaded
              ? open('warehouse', 'Warehouse', 'waits for the next load')
              : unknown('warehouse', 'Warehouse', 'a load or dbt is under way'),
          inReports,
        ],
      }
    },
  }
}
