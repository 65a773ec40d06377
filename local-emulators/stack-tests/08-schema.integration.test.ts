import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { produce } from '../producer/produce.ts'
import { readWarehouse } from '../warehouse-file.ts'
import {
  assertAllEqual,
  eventually,
  letters,
  reconcileNow,
  settled,
  someone,
  sql,
  stack,
  storeOf,
} from './the-stack.ts'

async function changeShape(statement: string): Promise<void> {
  const noticed = async (): Promise<string> =>
    (await sql((client) => client.query(`SELECT max(noticed_at)::text AS at FROM pipeline.captured_tables`)))
      .rows[0].at
  const last = await noticed()
  await sql((client) => client.query(statement))
  await eventually(async () => assert.notEqual(await noticed(), last, 'the guard has not noticed'))
}

async function newestRow(table: string, key: string): Promise<Record<string, unknown>> {
  return readWarehouse(stack.warehouseFile, async (rows) => {
    const [found] = await rows(
      `SELECT "row"::VARCHAR AS row FROM raw.${table}_changes WHERE row_key = '${key}' ORDER BY sequence DESC LIMIT 1`,
    )
    return JSON.parse(String(found!.row)) as Record<string, unknown>
  })
}

let doctor = ''
before(async () => {
  doctor = (await sql(someone)).doctor
})
after(async () => {
  await sql(async (client) => {
    await client.query('ALTER TABLE doctors DROP COLUMN IF EXISTS shift, DROP COLUMN IF EXISTS rota')
    await client.query('ALTER TABLE medicines ALTER COLUMN price TYPE numeric(10,2)')
    await client.query('DROP TABLE IF EXISTS public.rooms')
  })
})

test('invariant 7: a column added, renamed, retyped and dropped while changes flow reaches every store', async () => {
  const flowing = new AbortController()
  const producing = produce({
    databaseUrl: stack.postgresUrl,
    rate: 50,
    seconds: 600,
    seed: 71,
    signal: flowing.signal,
  })
  try {
    await changeShape(`ALTER TABLE doctors ADD COLUMN shift text DEFAULT 'day'`)
    await sql((client) => client.query(`UPDATE doctors SET shift = 'night' WHERE doctor_id = ${doctor}`))
    await settled()
    assert.equal((await newestRow('doctors', doctor)).shift, 'night')
    const untouched = await readWarehouse(stack.warehouseFile, (rows) =>
      rows(
        `SELECT count(DISTINCT row_key)::INTEGER AS n FROM raw.doctors_changes WHERE "row"->>'$.shift' = 'day'`,
      ),
    )
    assert.ok(Number(untouched[0]!.n) > 0, 'rows that nobody touched have the default')

    await changeShape('ALTER TABLE doctors RENAME COLUMN shift TO rota')
    await settled()
    assert.equal((await newestRow('doctors', doctor)).rota, 'night')

    await changeShape(
      'ALTER TABLE doctors ALTER COLUMN rota DROP DEFAULT, ALTER COLUMN rota TYPE integer USING length(rota)',
    )
    await settled()
    assert.equal((await newestRow('doctors', doctor)).rota, 5)

    await changeShape('ALTER TABLE doctors DROP COLUMN rota')
    await settled()
    assert.ok(!('rota' in (await newestRow('doctors', doctor))))
  } finally {
    flowing.abort()
    await producing.catch(() => {})
  }
  await assertAllEqual()
})

test('invariant 7: a change that cannot be followed stops that table with a clear error, and the others go on', async () => {
  const medicine = await sql(async (client) => {
    await client.query('ALTER TABLE medicines ALTER COLUMN price TYPE numeric(12,4)')
    const { rows } = await client.query(
      `INSERT INTO medicines (name, price) VALUES ('retyped', 1.2345) RETURNING medicine_id AS id`,
    )
    await client.query(`UPDATE doctors SET experience_years = 41 WHERE doctor_id = ${doctor}`)
    return rows[0].id as string
  })
  await eventually(async () => {
    const found = await letters('relay/')
    assert.ok(
      found.some(
        ({ code, reason }) => code === 'RECORD_BAD_VALUE' && /table=medicines column=price/.test(reason),
      ),
    )
  })
  await settled()
  const report = await reconcileNow()
  for (const { table } of report.tables) {
    assert.equal(storeOf(report, table, 'raw').status, table === 'medicines' ? 'different' : 'equal', table)
  }
  assert.ok(storeOf(report, 'medicines', 'raw').differingKeys > 0)

  await changeShape(
    `DELETE FROM medicines WHERE medicine_id = ${medicine}; ALTER TABLE medicines ALTER COLUMN price TYPE numeric(10,2)`,
  )
  await assertAllEqual()
})

test('a table added to the publication that the catalog does not name goes to dead letters, and the rest goes on', async () => {
  await sql(async (client) => {
    await client.query('CREATE TABLE public.rooms (room_id bigint PRIMARY KEY, name text)')
    await client.query('ALTER PUBLICATION hospital_changes ADD TABLE public.rooms')
    await client.query(`INSERT INTO rooms VALUES (1, 'R')`)
    await client.query(`UPDATE doctors SET experience_years = 42 WHERE doctor_id = ${doctor}`)
  })
  await eventually(async () => {
    const found = await letters('relay/')
    assert.ok(found.some(({ code, reason }) => code === 'RECORD_UNKNOWN_TABLE' && /table=rooms/.test(reason)))
  })
  await sql((client) => client.query('DROP TABLE public.rooms'))
  await assertAllEqual()
})
