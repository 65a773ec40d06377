import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CDC_ROLE, withClient } from '@pipeline/cdc/database.ts'
import { dropLostSlot, SLOT, slotState } from '@pipeline/cdc/guard/slot-watch.ts'
import { startTestPostgres, type TestPostgres } from '../producer/test-postgres.ts'

let postgres: TestPostgres
before(async () => {
  postgres = await startTestPostgres([
    'wal_level=logical',
    'max_slot_wal_keep_size=16MB',
    'max_wal_size=64MB',
  ])
})
after(() => postgres.stop())

test('a slot that PostgreSQL has made useless is dropped by the capturing role; one that works is left alone', async () => {
  const database = await postgres.createMigrated()
  const url = Object.assign(new URL(database.writerUrl), { username: CDC_ROLE }).href
  await withClient(url, async (client) => {
    assert.equal((await slotState(client)).exists, false)
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [SLOT])
    const fresh = await slotState(client)
    assert.deepEqual([fresh.exists, fresh.active, fresh.walStatus], [true, false, 'reserved'])
    assert.match(fresh.restartLsn ?? '', /^[0-9A-F]+\/[0-9A-F]+$/)
    assert.equal(await dropLostSlot(client), false)
    assert.equal((await slotState(client)).exists, true)

    await database.query(
      'CREATE TABLE neighbour AS SELECT i, md5(i::text) FROM generate_series(1, 1500000) i',
    )
    for (let tries = 0; tries < 5 && (await slotState(client)).walStatus !== 'lost'; tries++) {
      await database.query('SELECT pg_switch_wal()')
      await database.query('CHECKPOINT')
    }
    assert.equal((await slotState(client)).walStatus, 'lost')
    assert.equal(await dropLostSlot(client), true)
    assert.equal((await slotState(client)).exists, false)
    assert.equal(await dropLostSlot(client), false)
  })
})
