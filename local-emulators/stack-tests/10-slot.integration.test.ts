import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withClient } from '@pipeline/cdc/database.ts'
import { assertAllEqual, eventually, objectsUnder, settled, someone, sql, stack } from './the-stack.ts'

async function slot(): Promise<{ confirmed: string; retained: number }> {
  const { rows } = await sql((client) =>
    client.query(
      `SELECT confirmed_flush_lsn::text AS confirmed, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 AS retained
       FROM pg_replication_slots WHERE slot_name = 'hospital_changes'`,
    ),
  )
  return rows[0]
}

test('an idle hospital with a busy neighbour: the slot moves on', async () => {
  const neighbour = new URL(stack.postgresUrl)
  neighbour.pathname = '/neighbour'
  await sql((client) => client.query('CREATE DATABASE neighbour'))
  try {
    const before = await slot()
    await withClient(neighbour.href, async (client) => {
      await client.query('CREATE TABLE busy AS SELECT i, md5(i::text) FROM generate_series(1, 200000) i')
    })
    const { rows } = await sql((client) => client.query('SELECT pg_current_wal_lsn()::text AS lsn'))
    await eventually(async () => {
      const { confirmed } = await slot()
      const { rows: passed } = await sql((client) =>
        client.query('SELECT $1::pg_lsn >= $2::pg_lsn AS yes', [confirmed, rows[0].lsn]),
      )
      assert.ok(passed[0].yes, `the slot stands at ${confirmed}, it stood at ${before.confirmed}`)
    }, 20)
    // What PostgreSQL keeps follows at its next record of running transactions.
    await eventually(async () => assert.ok((await slot()).retained < 8 * 1024 * 1024), 90)
  } finally {
    await sql((client) => client.query('DROP DATABASE neighbour WITH (FORCE)'))
  }
})

test('a slot dropped behind our back is noticed, said, and mended by a new snapshot: nothing stale stays', async () => {
  const doomed = await sql(async (client) => {
    const { rows } = await client.query(
      `INSERT INTO patients (full_name) VALUES ('gone in the gap') RETURNING patient_id AS id`,
    )
    return rows[0].id as string
  })
  await settled()
  const snapshots = async (): Promise<number> =>
    Number(
      (
        await sql((client) =>
          client.query('SELECT count(*) AS n FROM pipeline.snapshots WHERE ended_at IS NOT NULL'),
        )
      ).rows[0].n,
    )
  const before = await snapshots()
  await sql(async (client) => {
    await client.query(`DO $$ BEGIN
      PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'hospital_changes';
      FOR i IN 1..500 LOOP
        BEGIN PERFORM pg_drop_replication_slot('hospital_changes'); EXIT;
        EXCEPTION WHEN object_in_use THEN PERFORM pg_sleep(0.01); END;
      END LOOP; END $$`)
    await client.query(`DELETE FROM patients WHERE patient_id = ${doomed}`)
    await client.query(
      `UPDATE doctors SET experience_years = 43 WHERE doctor_id = ${(await sql(someone)).doctor}`,
    )
  })
  await eventually(async () => assert.equal(await snapshots(), before + 1, 'no new snapshot yet'), 90)
  await assertAllEqual()
  assert.ok((await objectsUnder('changes/patients/')).length > 0)
})
