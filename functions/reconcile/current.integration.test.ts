import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { type ChangeRecord, toNdjson } from '@pipeline/hospital/change.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import { batchOf } from '../testing/batches.ts'
import { type LocalClickHouse, startClickHouse } from '../testing/clickhouse.ts'
import { COLUMNS, hashOf, patient, sourceOf } from '../testing/reconciling.ts'
import { newSink, type Sinking } from '../testing/sinking.ts'
import type { Database } from '../warehouse/duckdb-file.ts'
import { clickhouseStore } from './clickhouse.ts'
import { reconcileCurrent } from './current.ts'
import { readCurrent } from './current-store.ts'
import { createChanges, fold, hashedChanges } from './fold.ts'
import type { StoreReport } from './report.ts'

const TOPIC = 'postgres-source.public.patients'
let engine: LocalClickHouse
let sink: Sinking
let instance: DuckDBInstance
let db: Database
const sinks: Sinking[] = []

before(async () => {
  engine = await startClickHouse()
  instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = async <T>(sql: string, values?: never[]) =>
    (await connection.runAndReadAll(sql, values)).getRowObjectsJson() as T[]
  const run = async (sql: string, values?: never[]) => (await connection.run(sql, values)).rowsChanged
  db = { rows, run, transaction: (work) => work() } as Database
})
beforeEach(async () => {
  sink = await newSink(engine)
  sinks.push(sink)
})
after(async () => {
  await Promise.all(sinks.map((each) => each.stop()))
  instance.closeSync()
  await engine.stop()
})

let offsets = 0
beforeEach(() => {
  offsets = 0
})
/** A change of a patient; `seen` is whether PostgreSQL's snapshot sees it. */
function change(id: number, op: ChangeRecord['op'], name = 'P', seen = true): ChangeRecord {
  const offset = offsets++
  return {
    table: 'patients',
    op,
    key: op === 't' ? null : { patient_id: id },
    row: op === 't' || op === 'd' ? null : patient(id, name),
    sequence: formatSequence(BigInt(offset), BigInt(offset), 0),
    txId: seen ? 1 : 2,
    committedAt: '2024-03-05T10:20:30.123Z',
    capturedAt: '2024-03-05T10:20:30.123Z',
    topic: TOPIC,
    partition: 0,
    offset,
  }
}

interface Given {
  /** In PostgreSQL at its snapshot. */
  expected: Record<number, string>
  /** What the lake has; what Kafka has besides, it lacks. */
  lake: readonly ChangeRecord[]
  end?: number
}

async function look({ expected, lake, end = offsets }: Given): Promise<StoreReport> {
  const ends = [{ topic: TOPIC, partition: 0, low: 0, end }]
  const deadLetters = { total: 0, offsets: new Map() }
  const store = clickhouseStore(sink.clickhouse)
  const current = await readCurrent(db, store, 'patients', COLUMNS, ends, async () => deadLetters, 0)
  await createChanges(db, 'lake_changes')
  const lines = toNdjson(lake).trimEnd().split('\n')
  await db.run(`CREATE OR REPLACE TABLE lines AS SELECT l->>'op' AS op, (l->'row')::VARCHAR AS "row",
      l->'key'->>'patient_id' AS row_key, l->>'sequence' AS sequence, (l->>'txId')::BIGINT AS "txId",
      l->>'committedAt' AS "committedAt", (l->>'partition')::INTEGER AS "partition", (l->>'offset')::BIGINT AS "offset"
    FROM (VALUES ${lines.map((line) => `('${line.replaceAll("'", "''")}'::JSON)`).join(', ')}) t(l)`)
  await db.run(`INSERT INTO lake_changes ${hashedChanges('lines', COLUMNS, 'NULL::TIMESTAMPTZ')}`)
  const visible = '("txId" = 1)'
  await fold(db, 'lake_rows', 'lake_changes', visible)
  const rows = Object.entries(expected).map(([id, name]) => ({
    key: id,
    hash: hashOf(patient(Number(id), name)),
  }))
  const input = {
    ...{ db, source: sourceOf(rows), table: 'patients', columns: COLUMNS, ends, deadLetters, visible },
    memoryLimit: '512MB',
    ...{ captured: true, notCompared: [], objects: [], warehouse: false, tempRoot: '', current: [] },
    lake: undefined as never,
  }
  return reconcileCurrent(input, { by: 'hash' }, current, end - lake.length)
}

const sent = async (...changes: ChangeRecord[]): Promise<ChangeRecord[]> => {
  assert.equal(await sink.send(batchOf(changes)), 204)
  return changes
}
const brief = ({ status, behindBy, differingKeys, keys }: StoreReport) => ({
  status,
  behindBy,
  differingKeys,
  keys,
})
const equal = { status: 'equal', behindBy: 0, differingKeys: 0, keys: [] }
const different = (...keys: string[]) => ({
  status: 'different',
  behindBy: 0,
  differingKeys: keys.length,
  keys,
})
const strange = `O'Brien "Bob" \\ \t\r\n\u2028 Łódź 患者 👩‍⚕️ \u0001 ~ 1:a`

test('invariant 4: equal rows are equal: strange texts, nulls, no text, year 9999', async () => {
  const lake = await sent(change(1, 'c', strange), change(2, 'c', ''), change(3, 'c', 'é'.repeat(500_000)))
  const report = await look({ expected: { 1: strange, 2: '', 3: 'é'.repeat(500_000) }, lake })
  assert.deepEqual([brief(report), report.rows], [equal, 3])
})

test('invariant 4: a corrupted cell, a missing row and a ghost are each found by key', async () => {
  const lake = await sent(change(1, 'c'), change(2, 'c'), change(3, 'c'), change(4, 'd'))
  const expected = { 1: 'P', 2: 'P', 3: 'P' }
  assert.deepEqual(brief(await look({ expected, lake })), equal)
  const table = `${sink.clickhouse.database}.patients`
  const now = 'SETTINGS mutations_sync = 2'
  await sink.clickhouse.command(`ALTER TABLE ${table} UPDATE full_name = 'Q' WHERE patient_id = 1 ${now}`)
  assert.deepEqual(brief(await look({ expected, lake })), different('1 (changed)'))
  assert.doesNotMatch(JSON.stringify(await look({ expected, lake })), /"Q"/)
  await sink.clickhouse.command(`ALTER TABLE ${table} DELETE WHERE patient_id = 2 ${now}`)
  assert.deepEqual(brief(await look({ expected, lake })), different('1 (changed)', '2 (missing)'))
  for (const [id, version] of [
    [77, '1'],
    [78, String(2n ** 143n)],
  ]) {
    await sink.clickhouse.insert('patients', ['patient_id', '_version'], [`[${id},"${version}"]`])
  }
  const found = different('1 (changed)', '2 (missing)', '77 (extra)', '78 (extra)')
  assert.deepEqual(brief(await look({ expected, lake })), found)
  // Also while changes are still to come: nothing that could come explains these.
  const open = [...lake, change(5, 'c', 'later', false)]
  assert.deepEqual((await look({ expected, lake: open })).keys, found.keys)
})

test('what has not come is behind by its count; a batch with later ones behind it is lost', async () => {
  const first = await sent(change(1, 'c'), change(2, 'c'))
  const open = [change(1, 'u', 'new'), change(3, 'c'), change(2, 'd')]
  const lake = [...first, ...open]
  const expected = { 1: 'new', 3: 'P' }
  const report = await look({ expected, lake })
  assert.deepEqual([report.status, report.behindBy, report.differingKeys], ['behind', 3, 3])
  const later = await sent(change(9, 'c'))
  const lost = await look({ expected: { ...expected, 9: 'P' }, lake: [...lake, ...later] })
  assert.equal(lost.status, 'different')
  assert.deepEqual(lost.notes, ['offsets 2 to 4 are missing and later ones are there'])
  await sent(...open)
  assert.deepEqual(brief(await look({ expected: { ...expected, 9: 'P' }, lake: [...lake, ...later] })), equal)
})

test('rows newer than the snapshot are no difference: created, changed, deleted, truncated, come back', async () => {
  const lake = await sent(
    ...[change(1, 'c'), change(2, 'c'), change(3, 'c'), change(4, 'c', 'new', false)],
    ...[change(1, 'u', 'new', false), change(2, 'd', '', false), change(2, 'c', 'again', false)],
    change(3, 'd', '', false),
  )
  const expected = { 1: 'P', 2: 'P', 3: 'P' }
  assert.deepEqual(brief(await look({ expected, lake })), equal)
  lake.push(...(await sent(change(0, 't', '', false), change(5, 'c', 'new', false))))
  assert.deepEqual(brief(await look({ expected, lake })), equal)
})

test('a row that only looks newer than the snapshot is a difference', async () => {
  const lake = await sent(
    change(1, 'c'),
    change(2, 'c'),
    change(1, 'u', 'new', false),
    change(2, 'u', 'new', false),
  )
  const expected = { 1: 'P', 2: 'P' }
  assert.deepEqual(brief(await look({ expected, lake })), equal)
  const table = `${sink.clickhouse.database}.patients`
  const now = 'SETTINGS mutations_sync = 2'
  await sink.clickhouse.command(`ALTER TABLE ${table} UPDATE full_name = 'Q' WHERE patient_id = 1 ${now}`)
  await sink.clickhouse.command(`ALTER TABLE ${table} DELETE WHERE patient_id = 2 ${now}`)
  assert.deepEqual(brief(await look({ expected, lake })), different('1 (changed)', '2 (missing)'))
})

test('a row that an unseen delete ended and that came back is missing when it is gone', async () => {
  const lake = await sent(change(1, 'c'), change(1, 'd', '', false), change(1, 'c', 'again', false))
  assert.deepEqual(brief(await look({ expected: { 1: 'P' }, lake })), equal)
  const table = `${sink.clickhouse.database}.patients`
  await sink.clickhouse.command(`ALTER TABLE ${table} DELETE WHERE true SETTINGS mutations_sync = 2`)
  assert.deepEqual(brief(await look({ expected: { 1: 'P' }, lake })), different('1 (missing)'))
})

test('a store that was never made is behind what there is', async () => {
  const lake = [change(1, 'c')]
  const report = await look({ expected: { 1: 'P' }, lake })
  assert.deepEqual([report.status, report.behindBy], ['behind', 1])
})
