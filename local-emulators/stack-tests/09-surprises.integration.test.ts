import assert from 'node:assert/strict'
import { before, test } from 'node:test'
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

let people = { doctor: '', patient: '', medicine: '' }
before(async () => {
  people = await sql(someone)
})

async function changesOf(table: string, key: string): Promise<{ op: string; row: string | null }[]> {
  return readWarehouse(stack.warehouseFile, async (rows) => {
    const found = await rows(
      `SELECT op, "row"::VARCHAR AS row FROM raw.${table}_changes WHERE row_key = '${key}' ORDER BY sequence`,
    )
    return found as unknown as { op: string; row: string | null }[]
  })
}

test('invariant 6: a changed key is a delete and an insert; a key deleted and inserted again in one transaction is there', async () => {
  const [moved, again] = await sql(async (client) => {
    const insert = async (): Promise<string> =>
      (await client.query(`INSERT INTO patients (full_name) VALUES ('K') RETURNING patient_id AS id`)).rows[0]
        .id
    const first = await insert()
    const second = await insert()
    const target = (
      await client.query(`SELECT nextval(pg_get_serial_sequence('patients', 'patient_id')) AS id`)
    ).rows[0].id
    await client.query(`UPDATE patients SET patient_id = ${target} WHERE patient_id = ${first}`)
    await client.query('BEGIN')
    await client.query(`DELETE FROM patients WHERE patient_id = ${second}`)
    await client.query(
      `INSERT INTO patients (patient_id, full_name) OVERRIDING SYSTEM VALUE VALUES (${second}, 'K2')`,
    )
    await client.query('COMMIT')
    return [{ from: first, to: String(target) }, second]
  })
  await settled()
  assert.deepEqual(
    (await changesOf('patients', moved.from)).map(({ op }) => op),
    ['c', 'd'],
  )
  assert.deepEqual(
    (await changesOf('patients', moved.to)).map(({ op }) => op),
    ['c'],
  )
  const twice = await changesOf('patients', again)
  assert.deepEqual(
    twice.map(({ op }) => op),
    ['c', 'd', 'c'],
  )
  assert.match(twice.at(-1)!.row!, /"K2"/)
  await assertAllEqual()
})

test('invariant 6: a truncate empties the table in every store', async () => {
  await sql((client) => client.query('TRUNCATE prescriptions'))
  const report = await assertAllEqual()
  // An export stays as of its own snapshot.
  for (const { store, rows } of report.tables.find(({ table }) => table === 'prescriptions')!.stores) {
    if (store !== 'exports') assert.equal(rows, 0, store)
  }
})

test('a transaction of 200,000 rows arrives whole; one that was rolled back does not', async () => {
  const { doctor, patient } = people
  const insert = (text: string): string =>
    `INSERT INTO visits (patient_id, doctor_id, visit_date, diagnosis, total_cost)
     SELECT ${patient}, ${doctor}, DATE '2026-02-01', '${text}', 1.25 FROM generate_series(1, 200000)`
  await sql(async (client) => {
    await client.query('BEGIN')
    await client.query(insert('rolled back'))
    await client.query('ROLLBACK')
    await client.query(insert('large transaction'))
  })
  await settled()
  const counts = await readWarehouse(stack.warehouseFile, (rows) =>
    rows(`SELECT count(*) FILTER (WHERE "row"->>'$.diagnosis' = 'large transaction')::INTEGER AS whole,
            count(*) FILTER (WHERE "row"->>'$.diagnosis' = 'rolled back')::INTEGER AS undone FROM raw.visits_changes`),
  )
  assert.deepEqual(counts, [{ whole: 200_000, undone: 0 }])
  await assertAllEqual()
  await sql((client) => client.query(`DELETE FROM visits WHERE diagnosis = 'large transaction'`))
})

test('a value of 20 MB, more than a Pub/Sub message holds, arrives exactly, and its update and delete too', async () => {
  const { doctor, patient } = people
  const id = await sql(async (client) => {
    const { rows } = await client.query(
      `INSERT INTO visits (patient_id, doctor_id, visit_date, diagnosis)
       SELECT ${patient}, ${doctor}, DATE '2026-03-01', string_agg(md5(i::text), '') FROM generate_series(1, 655360) i
       RETURNING visit_id AS id, length(diagnosis) AS length`,
    )
    assert.equal(rows[0].length, 20 * 1024 * 1024)
    await client.query(`UPDATE visits SET total_cost = 12.5 WHERE visit_id = ${rows[0].id}`)
    return rows[0].id as string
  })
  await assertAllEqual()
  await sql((client) => client.query(`DELETE FROM visits WHERE visit_id = ${id}`))
  await assertAllEqual()
})

test('invariant 5: an update leaves a TOASTed column alone: with the whole old row it arrives whole', async () => {
  const { doctor, patient } = people
  const id = await sql(async (client) => {
    const { rows } = await client.query(
      `INSERT INTO visits (patient_id, doctor_id, visit_date, diagnosis)
       SELECT ${patient}, ${doctor}, DATE '2026-03-01', string_agg(md5(i::text), '') FROM generate_series(1, 500) i
       RETURNING visit_id AS id`,
    )
    await client.query(`UPDATE visits SET total_cost = 7.25 WHERE visit_id = ${rows[0].id}`)
    return rows[0].id as string
  })
  await settled()
  const changes = await changesOf('visits', id)
  assert.deepEqual(
    changes.map(({ op }) => op),
    ['c', 'u'],
  )
  assert.equal(JSON.parse(changes[1]!.row!).diagnosis.length, 16_000)
  await assertAllEqual()
})

test('invariant 5: without the whole old row the placeholder goes to dead letters and the row is read again by itself', async () => {
  const { doctor, patient } = people
  const before = new Set((await letters('relay/')).map(({ origin }) => JSON.stringify(origin)))
  await sql((client) => client.query('ALTER TABLE visits REPLICA IDENTITY DEFAULT'))
  try {
    const ids = await sql(async (client) => {
      const { rows } = await client.query(
        `INSERT INTO visits (patient_id, doctor_id, visit_date, diagnosis)
         SELECT ${patient}, ${doctor}, DATE '2026-03-01', (SELECT string_agg(md5((i * k)::text), '') FROM generate_series(1, 500) i)
         FROM generate_series(1, 3) k RETURNING visit_id AS id`,
      )
      const found = rows.map(({ id }) => id as string)
      await client.query(`UPDATE visits SET total_cost = 8.5 WHERE visit_id IN (${found.join()})`)
      return found
    })
    await eventually(async () => {
      const found = (await letters('relay/')).filter(({ origin }) => !before.has(JSON.stringify(origin)))
      assert.deepEqual(
        found.map(({ code }) => code),
        Array(3).fill('RECORD_TOAST_PLACEHOLDER'),
      )
    })
    await eventually(async () => {
      await settled()
      assert.deepEqual(
        (await changesOf('visits', ids[2]!)).map(({ op }) => op),
        ['c', 'r'],
      )
    })
    await assertAllEqual()
  } finally {
    await sql((client) => client.query('ALTER TABLE visits REPLICA IDENTITY FULL'))
  }
  await assertAllEqual()
})

test('numeric NaN, date infinity: dead letters with a reason, the rest goes on; times before 1970 and in 9999 arrive exactly', async () => {
  const { doctor, patient, medicine } = people
  const before = (await reconcileNow()).deadLetters
  const ids = await sql(async (client) => {
    const one = async (statement: string): Promise<string> => (await client.query(statement)).rows[0].id
    const visit = await one(
      `INSERT INTO visits (patient_id, doctor_id, visit_date) VALUES (${patient}, ${doctor}, DATE '2026-01-01') RETURNING visit_id AS id`,
    )
    return {
      nan: await one(`INSERT INTO visits (patient_id, doctor_id, visit_date, total_cost)
        VALUES (${patient}, ${doctor}, DATE '2026-01-01', 'NaN') RETURNING visit_id AS id`),
      infinite: await one(`INSERT INTO visits (patient_id, doctor_id, visit_date)
        VALUES (${patient}, ${doctor}, 'infinity') RETURNING visit_id AS id`),
      old: await one(
        `INSERT INTO patients (full_name, date_of_birth) VALUES ('old', DATE '1890-05-06') RETURNING patient_id AS id`,
      ),
      early:
        await one(`INSERT INTO prescriptions (patient_id, doctor_id, medicine_id, visit_id, prescribed_at, dosage, duration)
        VALUES (${patient}, ${doctor}, ${medicine}, ${visit}, '1899-12-31 23:59:59.123456+00', '1', '1 day') RETURNING prescription_id AS id`),
      late: await one(`INSERT INTO prescriptions (patient_id, doctor_id, medicine_id, visit_id, prescribed_at, dosage, duration)
        VALUES (${patient}, ${doctor}, ${medicine}, ${visit}, '9999-12-31 23:59:59.999999+00', '1', '1 day') RETURNING prescription_id AS id`),
    }
  })
  await settled()
  const report = await reconcileNow()
  assert.equal(report.deadLetters, before + 2)
  const raw = storeOf(report, 'visits', 'raw')
  assert.deepEqual(raw.keys, [`${ids.nan} (missing)`, `${ids.infinite} (missing)`])
  for (const table of ['patients', 'prescriptions'])
    assert.equal(storeOf(report, table, 'raw').status, 'equal', table)
  assert.match((await changesOf('prescriptions', ids.late))[0]!.row!, /9999-12-31T23:59:59\.999999Z/)
  await sql((client) => client.query(`DELETE FROM visits WHERE visit_id IN (${ids.nan}, ${ids.infinite})`))
  await sql((client) => client.query(`DELETE FROM prescriptions WHERE prescription_id = ${ids.late}`))
  await assertAllEqual()
})
