import { withClient } from '@pipeline/cdc/database.ts'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { type Row, rowKey } from '@pipeline/hospital/change.ts'
import { eventTopics, tableOfTopic } from '@pipeline/hospital/events/topics.ts'
import type { StackFile } from '../stack-file.ts'
import { type Ends, endsOf, readRecords } from './kafka-ends.ts'

interface Wish {
  op: 'upsert' | 'delete'
  eventTime: string
  key: Row
  payload: Row | null
}

interface LatestWish {
  table: string
  key: string
  event_time: string
  deleted: boolean
  payload: Row | null
}

/** Folds the events that Kafka got since `from` to the latest one of each row. */
async function latestWishes(stack: StackFile, from: Ends): Promise<{ events: number; latest: LatestWish[] }> {
  const latest = new Map<string, LatestWish>()
  let events = 0
  await readRecords(stack, from, await endsOf(stack, eventTopics), (topic, value) => {
    const wish = JSON.parse(value!.toString()) as Wish
    const { name, key } = tableOfTopic(topic)!
    const text = rowKey(wish.key, key)
    const id = `${name}/${text}`
    events += 1
    if ((latest.get(id)?.event_time ?? '') >= wish.eventTime) return
    const { eventTime: event_time, payload } = wish
    latest.set(id, { table: name, key: text, event_time, deleted: wish.op === 'delete', payload })
  })
  return { events, latest: [...latest.values()] }
}

/** A patient's change of key goes on to their rows by itself, so that one column may be another than the event's. */
const CHECK = (table: string, key: string): string => `
  SELECT count(*) FILTER (WHERE (t."${key}" IS NULL) <> e.deleted)::integer AS existence,
    count(*) FILTER (WHERE NOT e.deleted AND t."${key}" IS NOT NULL AND
      to_jsonb(t) - 'patient_id' <> to_jsonb(jsonb_populate_record(NULL::public."${table}", e.payload)) - 'patient_id')::integer AS contents,
    count(*) FILTER (WHERE l.event_time IS DISTINCT FROM e.event_time OR l.deleted <> e.deleted)::integer AS ledger
  FROM jsonb_to_recordset($1::jsonb) AS e(key text, event_time timestamptz, deleted boolean, payload jsonb)
  LEFT JOIN public."${table}" t ON t."${key}"::text = e.key
  LEFT JOIN pipeline.applied_events l ON l.table_name = '${table}' AND l.key = e.key COLLATE "C"`

/**
 * Whether PostgreSQL has what the events since `from` wished for, by a fold of Kafka's own records: reconcile looks
 * from PostgreSQL onward and would not see an event that never came there.
 */
export async function checkEvents(
  stack: StackFile,
  from: Ends,
): Promise<{ events: number; rows: number; problems: string[] }> {
  const { events, latest } = await latestWishes(stack, from)
  const problems: string[] = []
  await withClient(stack.postgresUrl, async (client) => {
    for (const [table, wishes] of Map.groupBy(latest, (wish) => wish.table)) {
      const { rows } = await client.query<Record<'existence' | 'contents' | 'ledger', number>>(
        CHECK(table, findTable(table)!.key[0]!),
        [JSON.stringify(wishes)],
      )
      for (const [what, wrong] of Object.entries(rows[0]!)) {
        if (wrong > 0)
          problems.push(`events: ${wrong} of ${wishes.length} rows of ${table} have another ${what}`)
      }
    }
  })
  return { events, rows: latest.length, problems }
}
