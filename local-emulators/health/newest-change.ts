import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Lake, LakeObject } from '@pipeline/functions/lake/port.ts'
import { literal } from '@pipeline/functions/quoting.ts'
import { changesTable } from '@pipeline/functions/warehouse/ddl.ts'
import type { Table } from '@pipeline/hospital/catalog.ts'
import { rowKey, utcDay } from '@pipeline/hospital/change.ts'
import { parseExactText } from '@pipeline/hospital/exact-json.ts'
import { changesPrefix, coveredBy, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { readWarehouse } from '../warehouse-file.ts'

const unzip = promisify(gunzip)
/** Loads come every few minutes, so what they have not seen is little. */
const MOST_OBJECTS = 200
const BUSY_MS = 1_500

/** A change without its row: where it is and when it passed. Times are ISO 8601, UTC. */
export interface ChangePlace {
  op: string
  sequence: string
  committedAt: string
  capturedAt: string
  topic: string
  partition: number
  offset: number
  /** When it came into the raw log; null while it has not. */
  loadedAt: string | null
}

const utc = (column: string): string => `strftime(${column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')`

/** The newest change of a key in the raw log, and how far the log goes. Undefined while a load or dbt has the file. */
export async function inWarehouse(file: string, table: Table, key: string) {
  try {
    return await readWarehouse(
      file,
      async (rows) => {
        const [found] =
          await rows(`SELECT op, "sequence", ${utc('"committedAt"')} AS committed, ${utc('"capturedAt"')} AS captured,
            topic, "partition", "offset"::VARCHAR AS "offset", ${utc('"loadedAt"')} AS loaded
          FROM ${changesTable(table.name)} WHERE row_key = ${literal(key)} ORDER BY "sequence" DESC, "offset" DESC LIMIT 1`)
        const [end] = await rows(`SELECT max("offset")::VARCHAR AS last FROM ${changesTable(table.name)}`)
        const change: ChangePlace | undefined = found && {
          op: String(found.op),
          sequence: String(found.sequence),
          committedAt: String(found.committed),
          capturedAt: String(found.captured),
          topic: String(found.topic),
          partition: Number(found.partition),
          offset: Number(found.offset),
          loadedAt: String(found.loaded),
        }
        return { change, lastOffset: end?.last === null || end?.last === undefined ? -1 : Number(end.last) }
      },
      BUSY_MS,
    )
  } catch {
    return undefined
  }
}

async function objectsOf(lake: Lake, prefix: string): Promise<LakeObject[]> {
  const objects: LakeObject[] = []
  for await (const page of lake.list(prefix)) objects.push(...page)
  return objects
}

/** The newest change of a key among the lake's newest batches, those after an offset only. */
export async function inNewBatches(
  lake: Lake,
  table: Table,
  key: string,
  after: number,
  today: Date,
): Promise<ChangePlace | undefined> {
  const days = [0, 1].map((back) => utcDay(new Date(today.getTime() - back * 86_400_000).toISOString()))
  const listed = await Promise.all(
    days.map((day) => objectsOf(lake, `${changesPrefix(table.name)}date=${day}/`)),
  )
  const newer = listed
    .flat()
    .flatMap((object) => {
      const name = parseLakeName(object.name)
      return name && !name.compacted && name.lastOffset > after ? [{ object, name }] : []
    })
    .sort((a, b) => b.name.lastOffset - a.name.lastOffset)
    .slice(0, MOST_OBJECTS)
  for (const { object } of newer) {
    const stream = await lake.open(object)
    if (!stream) continue
    const lines = (await unzip(await buffer(stream))).toString('utf8').split('\n')
    for (const line of lines.reverse()) {
      if (!line.includes(key)) continue
      const change = parseExactText(line) as unknown as ChangePlace & { key: Record<string, never> | null }
      if (change.key === null || rowKey(change.key, table.key) !== key) continue
      const { op, sequence, committedAt, capturedAt, topic } = change
      return {
        op,
        sequence,
        committedAt,
        capturedAt,
        topic,
        partition: Number(change.partition),
        offset: Number(change.offset),
        loadedAt: null,
      }
    }
  }
  return undefined
}

/** The lake's object that has a change; undefined while there is none. */
export async function objectOf(
  lake: Lake,
  table: Table,
  { committedAt, topic, partition, offset }: ChangePlace,
) {
  const prefix = `${changesPrefix(table.name)}date=${utcDay(committedAt)}/${topic}-${partition}-`
  return (await objectsOf(lake, prefix)).find(({ name }) => {
    const parts = parseLakeName(name)
    return (
      parts?.partition === partition &&
      coveredBy(parts).some(({ first, last }) => first <= offset && offset <= last)
    )
  })
}
