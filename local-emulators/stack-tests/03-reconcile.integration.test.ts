import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Store } from '@pipeline/functions/reconcile/report.ts'
import {
  assertEqual,
  bucket,
  clickhouse,
  eventually,
  loadAll,
  objectsUnder,
  processes,
  reconcileNow,
  someone,
  sql,
  stack,
  storeOf,
} from './the-stack.ts'

/** Runs statements on the warehouse file, as a careless person might. */
async function warehouse(...statements: string[]): Promise<void> {
  await eventually(async () => {
    const instance = await DuckDBInstance.create(stack.warehouseFile)
    const connection = await instance.connect()
    try {
      for (const statement of statements) await connection.run(statement)
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })
}

const secret = 'Corrupted Person'

test('invariant 4: one corrupted cell in each store is found, by key and without values, and nothing else', async (t) => {
  const { patient } = await sql(someone)
  await loadAll()
  assertEqual(await reconcileNow())

  const isFound = async (store: Store): Promise<void> => {
    const report = await reconcileNow()
    assert.equal(report.status, 'different')
    const found = storeOf(report, 'patients', store)
    assert.deepEqual(
      [found.status, found.differingKeys, found.keys],
      ['different', 1, [`${patient} (changed)`]],
    )
    const others = report.tables.flatMap(({ table, stores }) =>
      stores.filter(({ status }) => status !== 'equal').map((each) => `${table} ${each.store}`),
    )
    assert.deepEqual(others, [`patients ${store}`])
    assert.doesNotMatch(JSON.stringify(report), new RegExp(secret))
  }

  await t.test('in the staged rows', async () => {
    await warehouse(`UPDATE staging.base_patients SET full_name = '${secret}' WHERE patient_id = ${patient}`)
    await isFound('staged')
    await warehouse(`UPDATE staging.base_patients SET full_name = 'P' WHERE patient_id = ${patient}`)
    assertEqual(await reconcileNow())
  })

  await t.test('in the raw log', async () => {
    const set = (name: string): string =>
      `UPDATE raw.patients_changes SET "row" = replace("row"::VARCHAR, '"full_name":"${name}"', '"full_name":"${name === 'P' ? secret : 'P'}"')::JSON WHERE row_key = '${patient}'`
    await warehouse(set('P'))
    await isFound('raw')
    await warehouse(set(secret))
    assertEqual(await reconcileNow())
  })

  await t.test('in ClickHouse', async () => {
    const set = (name: string): Promise<void> =>
      clickhouse.command(
        `ALTER TABLE hospital.patients UPDATE full_name = '${name}' WHERE patient_id = ${patient} SETTINGS mutations_sync = 2`,
      )
    await set(secret)
    await isFound('clickhouse')
    await set('P')
    assertEqual(await reconcileNow())
  })

  await t.test('in the lake', async () => {
    for (const name of await objectsUnder('changes/patients/')) {
      const [bytes] = await bucket.file(name).download()
      const text = gunzipSync(bytes).toString()
      const line = text.split('\n').find((each) => each.includes(`"key":{"patient_id":${patient}}`))
      if (!line) continue
      const corrupted = text.replace(line, line.replace('"full_name":"P"', `"full_name":"${secret}"`))
      await bucket.file(name).save(gzipSync(corrupted), { resumable: false })
      await isFound('lake')
      await bucket.file(name).save(bytes, { resumable: false })
      assertEqual(await reconcileNow())
      return
    }
    assert.fail('the change is not in the lake')
  })
})

test('a row that is gone from the raw log or the staged rows is found', async () => {
  const { doctor } = await sql(someone)
  await loadAll()
  await warehouse(
    `CREATE OR REPLACE TABLE staging.kept AS SELECT * FROM staging.base_doctors WHERE doctor_id = ${doctor}`,
  )
  await warehouse(`DELETE FROM staging.base_doctors WHERE doctor_id = ${doctor}`)
  assert.deepEqual(storeOf(await reconcileNow(), 'doctors', 'staged').keys, [`${doctor} (missing)`])
  await warehouse('INSERT INTO staging.base_doctors SELECT * FROM staging.kept', 'DROP TABLE staging.kept')
  await warehouse(
    `CREATE OR REPLACE TABLE raw.kept AS SELECT * FROM raw.doctors_changes WHERE row_key = '${doctor}'`,
  )
  await warehouse(`DELETE FROM raw.doctors_changes WHERE row_key = '${doctor}'`)
  assert.deepEqual(storeOf(await reconcileNow(), 'doctors', 'raw').keys, [`${doctor} (missing)`])
  await warehouse('INSERT INTO raw.doctors_changes SELECT * FROM raw.kept', 'DROP TABLE raw.kept')
  assertEqual(await reconcileNow())
})

test('a row that is gone from ClickHouse, and one that nobody wrote, are found', async () => {
  const { doctor } = await sql(someone)
  await loadAll()
  const from = 'FROM hospital.doctors FINAL WHERE doctor_id'
  await clickhouse.command(
    `CREATE TABLE hospital.kept ENGINE = MergeTree ORDER BY doctor_id AS SELECT * ${from} = ${doctor}`,
  )
  await clickhouse.command(
    `ALTER TABLE hospital.doctors DELETE WHERE doctor_id = ${doctor} SETTINGS mutations_sync = 2`,
  )
  await clickhouse.command(
    `INSERT INTO hospital.doctors SELECT * REPLACE (-77 AS doctor_id) FROM hospital.kept`,
  )
  const found = storeOf(await reconcileNow(), 'doctors', 'clickhouse')
  assert.equal(found.status, 'different')
  assert.deepEqual(found.keys.toSorted(), ['-77 (extra)', `${doctor} (missing)`])
  await clickhouse.command(
    `ALTER TABLE hospital.doctors DELETE WHERE doctor_id = -77 SETTINGS mutations_sync = 2`,
  )
  await clickhouse.command('INSERT INTO hospital.doctors SELECT * FROM hospital.kept')
  await clickhouse.command('DROP TABLE hospital.kept')
  assertEqual(await reconcileNow())
})

test('an object that is gone from the lake is found, though the warehouse has its changes', async () => {
  await sql(someone)
  await loadAll()
  const name = (await objectsUnder('changes/medicines/')).at(-1)!
  const [bytes] = await bucket.file(name).download()
  await bucket.file(name).delete()
  const found = storeOf(await reconcileNow(0), 'medicines', 'lake')
  assert.equal(found.status, 'different')
  assert.match(found.notes.join(), /the warehouse has loaded are gone/)
  await bucket.file(name).save(bytes, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } })
  await loadAll()
  assertEqual(await reconcileNow())
})

test('what is only on its way is behind, by how much, and exit code and state are not those of a difference', async () => {
  await sql(someone)
  await loadAll()
  await sql((client) =>
    client.query(
      `INSERT INTO doctors (name, specialization) SELECT 'later', 'Neurology' FROM generate_series(1, 7)`,
    ),
  )
  const report = await eventually(async () => {
    const now = await reconcileNow(30)
    assert.equal(storeOf(now, 'doctors', 'lake').status, 'equal')
    return now
  })
  assert.equal(report.status, 'behind')
  const raw = storeOf(report, 'doctors', 'raw')
  assert.deepEqual([raw.status, raw.behindBy, raw.differingKeys], ['behind', 7, 7])
  assert.equal(storeOf(report, 'doctors', 'staged').status, 'behind')
  await loadAll()
  assertEqual(await reconcileNow())
})

test('a reconcile in the midst of writing is true of its own LSN', async () => {
  await loadAll()
  let writing = true
  const writer = sql(async (client) => {
    for (let i = 0; writing; i++) {
      await client.query(`UPDATE doctors SET experience_years = $1 WHERE doctor_id % 3 = 0`, [i % 40])
      await client.query(`INSERT INTO doctors (name, specialization) VALUES ('stream', 'Oncology')`)
    }
  })
  try {
    for (let i = 0; i < 3; i++) {
      const report = await reconcileNow(60)
      assert.equal(storeOf(report, 'doctors', 'lake').status, 'equal', JSON.stringify(report.tables[0]))
      assert.notEqual(report.status, 'different')
    }
  } finally {
    writing = false
    await writer
  }
  assert.ok((await processes()).every(({ state }) => state === 'ready'))
  await loadAll()
  assertEqual(await reconcileNow())
})
