import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { type FakeGcs, startFakeGcs } from '@pipeline/functions/testing/fake-gcs.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { startTestPostgres, type TestDatabase, type TestPostgres } from '../producer/test-postgres.ts'
import { type Exporting, newExporting } from './harness.ts'

let postgres: TestPostgres
let gcs: FakeGcs
let database: TestDatabase
let exporting: Exporting

before(async () => {
  ;[postgres, gcs] = await Promise.all([startTestPostgres(), startFakeGcs()])
})
after(() => Promise.all([postgres?.stop(), gcs?.stop()]))
beforeEach(async () => {
  database = await postgres.createDatabase()
  exporting = await newExporting(await gcs.newBucket(), database.url)
})
afterEach(() => exporting.remove())

const patients = (first: number, last: number): Promise<unknown> =>
  database.query(
    `INSERT INTO patients (patient_id, full_name, contact_info)
     SELECT i, 'Patient ' || i, repeat('x', (i * 7 % 50)::int) FROM generate_series($1::int, $2::int) i`,
    [first, last],
  )
const dayNow = (): string => new Date().toISOString().slice(0, 10).replaceAll('-', '')

test('invariant 4: every value is there exactly: texts, nulls, money, dates, times, a column that nobody named', async () => {
  const texts = [
    `O'Brien "Bob" \\ \\N \\. \t\r\n,,"" \u2028 Łódź 患者 👩‍⚕️ \u0001`,
    '',
    ' padded ',
    '\n',
    '\r\n',
    '"',
    '""',
    'NULL',
    '\\N',
    '\\n',
    '\\\\n\\',
    '\b\t\n\v\f\r\\b\\t\\n\\v\\f\\r\\\\b\\\\\t',
    '\\x00 \\101',
    '#x',
    ',',
    'é'.repeat(700_000),
  ]
  await database.query(`ALTER TABLE patients ADD "New ""column"", 'x'" jsonb, ADD tags text[], ADD seen timestamp, ADD rate numeric,
    ADD wide numeric(40, 2), ADD flag boolean, ADD f8 float8, ADD i2 smallint, ADD fine numeric(38, 10)`)
  for (const [index, text] of texts.entries()) {
    await database.query(
      `INSERT INTO patients (patient_id, full_name, date_of_birth, gender, contact_info, "New ""column"", 'x'", tags, seen, rate, wide, flag, f8, i2, fine)
       VALUES ($1, $2, $3, NULL, $2, $4, $5, $6, 'NaN', 1.5, $7, $8, -32768, $9)`,
      [
        index - 3,
        text,
        index % 2 ? '9999-12-31' : '0001-01-01',
        JSON.stringify({ text: 'a' }),
        ['a,b', 'c"d'],
        '1969-12-31 23:59:59.999999',
        index % 2 === 0,
        index === 0 ? 'NaN' : 0.1,
        '-1234567890123456789012345678.0123456789',
      ],
    )
  }
  await database.query(
    `INSERT INTO doctors (doctor_id, name, specialization) VALUES (9007199254740993, 'D', 'S')`,
  )
  await database.query(
    `INSERT INTO medicines (medicine_id, name, price) VALUES (1, 'M', -99999999.99), (2, 'N', 0.01)`,
  )
  await database.query(`INSERT INTO visits VALUES (1, 0, 9007199254740993, '2024-02-29', NULL, NULL)`)
  await database.query(
    `INSERT INTO prescriptions SELECT i, 0, 9007199254740993, 1, 1, t, NULL, '' FROM
     (VALUES (1, '9999-12-31 23:59:59.999999+00'::timestamptz), (2, '0001-01-01 00:00:00+00'), (3, '2024-03-31 01:30:00.000001+02')) v(i, t)`,
  )
  const report = await exporting.run()
  assert.deepEqual([report.rows, report.refusedRows, report.made], [texts.length + 7, 0, true])
  const found = await exporting.rows('patients', 'SELECT * FROM parts ORDER BY patient_id')
  assert.deepEqual(
    found.map((row) => row.full_name),
    texts,
  )
  assert.deepEqual(
    found.map((row) => row.contact_info),
    texts,
  )
  assert.deepEqual(
    { ...found[1], full_name: '', contact_info: '' },
    {
      patient_id: '-2',
      full_name: '',
      date_of_birth: '9999-12-31',
      gender: null,
      blood_type: null,
      contact_info: '',
      insurance_id: null,
      'New "column", \'x\'': '{"text": "a"}',
      tags: '{"a,b","c\\"d"}',
      seen: '1969-12-31 23:59:59.999999',
      rate: 'NaN',
      wide: '1.50',
      flag: false,
      f8: 0.1,
      i2: -32768,
      fine: '-1234567890123456789012345678.0123456789',
    },
  )
  assert.equal(found[0]!.date_of_birth, '0001-01-01')
  assert.deepEqual(
    await exporting.rows('medicines', 'SELECT price, typeof(price) AS t FROM parts ORDER BY 1'),
    [
      { price: '-99999999.99', t: 'DECIMAL(10,2)' },
      { price: '0.01', t: 'DECIMAL(10,2)' },
    ],
  )
  assert.deepEqual(await exporting.rows('doctors', 'SELECT doctor_id, experience_years FROM parts'), [
    { doctor_id: '9007199254740993', experience_years: null },
  ])
  const times = await exporting.rows(
    'prescriptions',
    'SELECT prescribed_at, duration, typeof(prescribed_at) AS t FROM parts ORDER BY prescription_id',
  )
  assert.deepEqual(times, [
    { prescribed_at: '9999-12-31 23:59:59.999999+00', duration: '', t: 'TIMESTAMP WITH TIME ZONE' },
    { prescribed_at: '0001-01-01 00:00:00+00', duration: '', t: 'TIMESTAMP WITH TIME ZONE' },
    { prescribed_at: '2024-03-30 23:30:00.000001+00', duration: '', t: 'TIMESTAMP WITH TIME ZONE' },
  ])
  assert.deepEqual(await exporting.rows('billing_payments'), [])
  assert.deepEqual(await exporting.leftovers(), [])
})

test('a manifest tells what its folder holds, and a table cut in many parts has each row once', async () => {
  await patients(1, 6000)
  const report = await exporting.run()
  const prefix = `exports/patients/date=${dayNow()}/`
  const [bytes] = await exporting.bucket.file(`${prefix}_manifest.json`).download()
  const manifest = JSON.parse(bytes.toString())
  assert.deepEqual([manifest.table, manifest.rows, manifest.snapshot.lsn], ['patients', 6000, report.lsn])
  assert.match(manifest.snapshot.transactions, /^\d+:\d+:/)
  assert.ok(manifest.parts.length > 5, `${manifest.parts.length} parts`)
  const there = (await exporting.names()).filter((name) => name.startsWith(prefix))
  const listed = manifest.parts.map(({ name }: { name: string }) => name)
  assert.deepEqual(there.toSorted(), [...listed, `${prefix}_manifest.json`].toSorted())
  for (const { name, md5, bytes: size } of manifest.parts) {
    const [part] = await exporting.bucket.file(name).download()
    assert.deepEqual([createHash('md5').update(part).digest('base64'), part.length], [md5, size])
  }
  const [all] = await exporting.rows(
    'patients',
    'SELECT count(*)::INT AS n, count(DISTINCT patient_id)::INT AS d FROM parts',
  )
  assert.deepEqual(all, { n: 6000, d: 6000 })
  const manifests = (await exporting.names()).filter((name) => name.endsWith('_manifest.json'))
  assert.equal(manifests.length, catalog.length)
})

test('what Parquet can not hold goes aside with its reason, and the rest is exported', async () => {
  await patients(1, 50)
  await database.query(
    `UPDATE patients SET date_of_birth = CASE patient_id WHEN 7 THEN 'infinity'::date WHEN 8 THEN '10000-01-01'::date ELSE '0044-03-15 BC'::date END
     WHERE patient_id IN (7, 8, 9)`,
  )
  await database.query(`INSERT INTO medicines (medicine_id, name, price) VALUES (1, 'M', 'NaN'), (2, 'N', 1)`)
  await database.query(`INSERT INTO doctors (doctor_id, name, specialization) VALUES (1, 'D', 'S')`)
  await database.query(`INSERT INTO visits VALUES (1, 1, 1, '2024-01-01', NULL, 1)`)
  await database.query(`INSERT INTO prescriptions SELECT i, 1, 1, 2, 1, t FROM (VALUES (1, 'infinity'::timestamptz),
    (2, '10000-01-01 00:00:00+00'), (3, '0001-12-31 23:59:59+00 BC'), (4, '9999-12-31 23:59:59+00')) v(i, t)`)
  const report = await exporting.run()
  assert.deepEqual(
    [report.refusedRows, report.tables.patients!.rows, report.tables.medicines!.rows],
    [7, 47, 1],
  )
  const { tables } = await exporting.record()
  const refusedOf = async (table: string) => {
    const { refused, refusedRows } = tables.find((each) => each.table === table)!
    const lines: { reasons: string[]; row: Record<string, unknown> }[] = []
    for (const { name } of refused) {
      const [bytes] = await exporting.bucket.file(name).download()
      lines.push(
        ...bytes
          .toString()
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      )
    }
    assert.equal(lines.length, refusedRows)
    return lines
  }
  const bad = await refusedOf('patients')
  assert.deepEqual(
    bad.map(({ reasons, row }) => [row.patient_id, row.date_of_birth, ...reasons]),
    [
      ['7', 'infinity', 'date_of_birth: not a DATE'],
      ['8', '10000-01-01', 'date_of_birth: not a DATE'],
      ['9', '0044-03-15 BC', 'date_of_birth: not a DATE'],
    ],
  )
  assert.deepEqual(await refusedOf('medicines'), [
    {
      reasons: ['price: not a DECIMAL(10,2)'],
      row: { medicine_id: '1', name: 'M', category: null, manufacturer: null, price: 'NaN' },
    },
  ])
  const late = await refusedOf('prescriptions')
  assert.deepEqual(
    late.map(({ reasons, row }) => [row.prescription_id, ...reasons]),
    ['1', '2', '3'].map((id) => [id, 'prescribed_at: not a TIMESTAMPTZ']),
  )
  assert.deepEqual(await exporting.rows('prescriptions', 'SELECT prescription_id AS id FROM parts'), [
    { id: '4' },
  ])
  assert.doesNotMatch(exporting.log.text(), /infinity|NaN|Patient/)
  await database.query(
    `UPDATE patients SET date_of_birth = NULL; UPDATE medicines SET price = 2; UPDATE prescriptions SET prescribed_at = now()`,
  )
  assert.equal((await exporting.run({}, true)).refusedRows, 0)
  assert.deepEqual(
    (await exporting.names()).filter((name) => name.includes('_refused')),
    [],
  )
})
