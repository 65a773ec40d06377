import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { readWarehouse } from '../warehouse-file.ts'
import { assertEqual, loadAll, reconcileNow, someone, sql, stack, storeOf } from './the-stack.ts'

const strange = `O'Brien "Bob" \\ \t\r\n\u2028 Łódź 患者 مريض 👩‍⚕️ {"a":1} $1 ;-- \u0001`

test('invariant 4: extreme values written by any SQL client arrive exactly', async () => {
  const large = Array.from({ length: 1_048_576 / 16 }, (_, i) =>
    (i * 2_654_435_761).toString(16).padStart(16, 'é'),
  ).join('')
  const ids = await sql(async (client) => {
    const { doctor, medicine } = await someone(client)
    const patient = (
      await client.query(
        'INSERT INTO patients (full_name, date_of_birth) VALUES ($1, $2) RETURNING patient_id AS id',
        [strange, '2024-02-29'],
      )
    ).rows[0].id as string
    const insertVisit = `INSERT INTO visits (patient_id, doctor_id, visit_date, diagnosis, total_cost)
      VALUES ($1, $2, $3, $4, $5) RETURNING visit_id AS id`
    const visit = (await client.query(insertVisit, [patient, doctor, '1899-12-31', large, '99999999.99']))
      .rows[0].id
    await client.query(insertVisit, [patient, doctor, '9999-12-31', '', '-99999999.99'])
    await client.query(insertVisit, [patient, doctor, '0001-01-01', strange, '0.00'])
    await client.query(
      `INSERT INTO prescriptions (patient_id, doctor_id, medicine_id, visit_id, prescribed_at, dosage, duration)
       VALUES ($1, $2, $3, $4, '1969-12-31 23:59:59.999999+00', $5, NULL), ($1, $2, $3, $4, '9999-12-31 23:59:59.999999+00', NULL, '1 week')`,
      [patient, doctor, medicine, visit, strange],
    )
    await client.query(
      'INSERT INTO medicines (medicine_id, name, price) VALUES (9223372036854775807, $1, 0.01)',
      [strange],
    )
    await client.query('INSERT INTO patients (patient_id, full_name) VALUES (-9007199254740993, $1)', [
      strange,
    ])
    return { patient, visit: String(visit) }
  })
  await loadAll()
  const report = await reconcileNow()
  assertEqual(report)
  assert.deepEqual(
    report.tables.flatMap(({ notCompared }) => notCompared),
    [],
  )
  await readWarehouse(stack.warehouseFile, async (rows) => {
    const [visit] = await rows(
      `SELECT md5(diagnosis) AS diagnosis, length(diagnosis) AS length, total_cost::VARCHAR AS cost
       FROM staging.base_visits WHERE visit_id = ${ids.visit}`,
    )
    const { rows: there } = await sql((client) =>
      client.query('SELECT md5(diagnosis) AS diagnosis FROM visits WHERE visit_id = $1', [ids.visit]),
    )
    assert.deepEqual(visit, {
      diagnosis: there[0].diagnosis,
      length: String(large.length),
      cost: '99999999.99',
    })
    const [patient] = await rows(
      `SELECT full_name FROM staging.base_patients WHERE patient_id = -9007199254740993`,
    )
    assert.equal(patient?.full_name, strange)
    const [raw] = await rows(
      `SELECT row_key, "row"->>'price' AS price FROM raw.medicines_changes WHERE row_key LIKE '92233%'`,
    )
    assert.deepEqual(raw, { row_key: '9223372036854775807', price: '0.01' })
  })
})

test('a null in every nullable column arrives as null', async () => {
  await sql(async (client) => {
    const { doctor, patient, medicine } = await someone(client)
    const references: Record<string, string> = { doctors: doctor, patients: patient, medicines: medicine }
    for (const table of catalog) {
      const given = table.columns.filter(({ nullable, name }) => !nullable && !table.key.includes(name))
      const values = given.map((column) => {
        if (column.references) return references[column.references]!
        if (column.name === 'payment_status') return 'Pending'
        return { date: '2026-01-01', timestamp: '2026-01-01T00:00:00Z', numeric: '1.00', text: 't' }[
          column.type.kind as string
        ]!
      })
      const { rows } = await client.query(
        `INSERT INTO ${table.name} (${given.map(({ name }) => name).join(', ')})
         VALUES (${given.map((_, i) => `$${i + 1}`).join(', ')}) RETURNING ${table.key[0]} AS id`,
        values,
      )
      references[table.name] = rows[0].id
    }
  })
  await loadAll()
  assertEqual(await reconcileNow())
})

test('invariants 3 and 6: deletes, key changes, a truncate, and a key that is deleted and inserted again', async () => {
  await sql(async (client) => {
    const { doctor, patient, medicine } = await someone(client)
    const visit = (
      await client.query(
        `INSERT INTO visits (patient_id, doctor_id, visit_date) VALUES ($1, $2, '2026-03-01') RETURNING visit_id AS id`,
        [patient, doctor],
      )
    ).rows[0].id
    await client.query(
      `INSERT INTO prescriptions (patient_id, doctor_id, medicine_id, visit_id) SELECT $1, $2, $3, $4 FROM generate_series(1, 50)`,
      [patient, doctor, medicine, visit],
    )
    await client.query('TRUNCATE prescriptions')
    await client.query(
      'INSERT INTO prescriptions (patient_id, doctor_id, medicine_id, visit_id) VALUES ($1, $2, $3, $4)',
      [patient, doctor, medicine, visit],
    )
    await client.query('UPDATE patients SET patient_id = patient_id + 1000000 WHERE patient_id = $1', [
      patient,
    ])
    await client.query('BEGIN')
    await client.query(
      `DELETE FROM medicines WHERE medicine_id NOT IN (SELECT medicine_id FROM prescriptions)`,
    )
    await client.query(
      `INSERT INTO medicines (medicine_id, name, price) VALUES (9223372036854775807, 'again', 2)`,
    )
    await client.query(`UPDATE medicines SET price = 3 WHERE medicine_id = 9223372036854775807`)
    await client.query('COMMIT')
    await client.query('BEGIN')
    await client.query(`INSERT INTO doctors (name, specialization) VALUES ('never', 'was')`)
    await client.query('ROLLBACK')
  })
  await loadAll()
  const report = await reconcileNow()
  assertEqual(report)
  assert.equal(storeOf(report, 'prescriptions', 'staged').rows, 1)
})
