import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { parseSnapshot, visibleSql } from './visibility.ts'

const at = '2026-11-24T12:00:00.000Z'

async function seen(
  snapshot: string,
  changes: [txId: number | null, committedAt: string][],
): Promise<boolean[]> {
  const instance = await DuckDBInstance.create(':memory:')
  try {
    const connection = await instance.connect()
    await connection.run(`SET TimeZone = 'UTC'`)
    const rows = changes
      .map(([txId, time], i) => `(${i}, ${txId ?? 'NULL'}::BIGINT, '${time}'::TIMESTAMPTZ)`)
      .join(', ')
    const sql = `SELECT ${visibleSql(parseSnapshot(snapshot), at)} AS seen FROM (VALUES ${rows}) c(i, "txId", "committedAt") ORDER BY i`
    return (await connection.runAndReadAll(sql)).getRowObjectsJson().map((row) => row.seen as boolean)
  } finally {
    instance.closeSync()
  }
}

test('a snapshot sees what had committed: below xmax and not running', async () => {
  const changes: [number | null, string][] = [
    [99, at],
    [100, at],
    [101, at],
    [105, at],
    [110, at],
    [4_000_000_000, at],
    [null, at],
  ]
  assert.deepEqual(await seen('100:110:100,105', changes), [true, false, true, false, false, true, true])
})

test('ids are compared on their circle, also where they have just wrapped', async () => {
  const wrapped = 4_294_967_296 + 5
  const changes: [number, string][] = [
    [4_294_967_290, at],
    [3, at],
    [5, at],
    [9, at],
  ]
  assert.deepEqual(await seen(`${wrapped - 10}:${wrapped}:`, changes), [true, true, false, false])
})

test('a change that was committed long before has been seen, whatever its id looks like now', async () => {
  assert.deepEqual(await seen('100:110:', [[500, '2026-11-20T00:00:00Z']]), [true])
})

test('what is no snapshot is refused', () => {
  for (const bad of ['', '1:2', '1:x:', '1:2:3;']) assert.throws(() => parseSnapshot(bad), RangeError)
})
