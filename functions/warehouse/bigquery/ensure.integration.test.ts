import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { catalog, findTable } from '@pipeline/hospital/catalog.ts'
import { type BigqueryEmulator, startBigquery } from '../../testing/bqemulator.ts'
import { apiError, type FakeBigquery, startFakeBigquery } from '../../testing/fake-bigquery.ts'
import { bigqueryClient } from './client.ts'
import { ensureWarehouse } from './ensure.ts'
import { changesSpec } from './schema.ts'

let emulator: BigqueryEmulator
let fake: FakeBigquery
before(async () => {
  ;[emulator, fake] = await Promise.all([startBigquery(), startFakeBigquery()])
})
after(() => Promise.allSettled([emulator?.stop(), fake?.stop()]))

const visits = findTable('visits')!
const metadataOf = async (dataset: string, table: string) =>
  (await emulator.bigquery.dataset(dataset).table(table).getMetadata())[0]

test('datasets and tables are made of the catalog, and made once', async () => {
  const names = emulator.newDatasets()
  const datasets = { ...names, external: { dataset: `${names.raw}_external`, bucket: 'lake' } }
  const make = () => ensureWarehouse(emulator.bigquery, datasets, catalog, {})
  await Promise.all([make(), make()])
  const tables = async (id: string) =>
    (await emulator.bigquery.dataset(id).getTables())[0].map((table) => table.id).sort()
  const logs = catalog.map(({ name }) => `${name}_changes`)
  assert.deepEqual(await tables(names.raw), [...logs, 'load_objects'].sort())
  assert.deepEqual(await tables(datasets.external.dataset), logs.toSorted())
  const [{ location, defaultTableExpirationMs }] = await emulator.bigquery.dataset(names.loads).getMetadata()
  assert.deepEqual([location, defaultTableExpirationMs], ['EU', '86400000'])
  const made = await metadataOf(names.raw, 'visits_changes')
  const { metadata } = changesSpec(visits, {})
  assert.deepEqual(made.timePartitioning, metadata.timePartitioning)
  assert.deepEqual(made.clustering, metadata.clustering)
  assert.deepEqual(made.labels, metadata.labels)
  assert.equal(made.description, metadata.description)
  assert.deepEqual(
    made.schema.fields.map(({ name, description }: { name: string; description: string }) => [
      name,
      description,
    ]),
    metadata.schema.fields.map(({ name, description }) => [name, description]),
  )
  await make()
  assert.equal((await metadataOf(names.raw, 'visits_changes')).etag, made.etag)
})

test('a column that is missing is added behind the others, and others of a user stay', async () => {
  const datasets = emulator.newDatasets()
  const { metadata } = changesSpec(visits, {})
  const [dataset] = await emulator.bigquery.createDataset(datasets.raw, { location: 'EU' })
  const mine = { name: 'mine', type: 'STRING', mode: 'NULLABLE' }
  await dataset.createTable('visits_changes', {
    ...metadata,
    schema: { fields: [...metadata.schema.fields.filter(({ name }) => name !== 'capturedAt'), mine] },
  })
  await ensureWarehouse(emulator.bigquery, datasets, [visits], {})
  const { schema } = await metadataOf(datasets.raw, 'visits_changes')
  const names = schema.fields.map(({ name }: { name: string }) => name)
  assert.deepEqual(names.slice(-2), ['mine', 'capturedAt'])
  assert.equal(names.length, metadata.schema.fields.length + 1)
})

test('a table that is there in another shape is a clear error, and is left as it is', async () => {
  const { metadata } = changesSpec(visits, {})
  const fields = (change: object) =>
    metadata.schema.fields.map((each) => (each.name === 'offset' ? { ...each, ...change } : each))
  for (const [other, said] of [
    [{ ...metadata, schema: { fields: fields({ type: 'STRING' }) } }, /offset is STRING, not INT64/],
    [
      {
        ...metadata,
        schema: { fields: [...metadata.schema.fields, { name: 'x', type: 'STRING', mode: 'REQUIRED' }] },
      },
      /x is required and unknown/,
    ],
    [{ ...metadata, timePartitioning: undefined }, /partitioned otherwise/],
  ] as const) {
    const datasets = emulator.newDatasets()
    const [dataset] = await emulator.bigquery.createDataset(datasets.raw, { location: 'EU' })
    await dataset.createTable('visits_changes', other as object)
    const before = (await metadataOf(datasets.raw, 'visits_changes')).etag
    await assert.rejects(ensureWarehouse(emulator.bigquery, datasets, [visits], {}), {
      code: 'WAREHOUSE_SCHEMA_CONFLICT',
      retry: 'never',
      message: said,
    })
    assert.equal((await metadataOf(datasets.raw, 'visits_changes')).etag, before)
  }
})

test('a dataset in another place is a clear error', async () => {
  const datasets = emulator.newDatasets()
  await emulator.bigquery.createDataset(datasets.raw, { location: 'EU' })
  const elsewhere = bigqueryClient({
    projectId: 'test-project',
    location: 'us-east1',
    emulatorHost: emulator.url,
  })
  await assert.rejects(ensureWarehouse(elsewhere, datasets, [visits], {}), {
    code: 'WAREHOUSE_SCHEMA_CONFLICT',
    message: /location=EU wanted=us-east1/,
  })
})

test('policy tags come to a table that has none, and a refusal says what to do', async () => {
  const { metadata } = changesSpec(visits, {})
  const tag = 'projects/p/locations/eu/taxonomies/1/policyTags/2'
  fake.answer(({ method, path }) => {
    if (method === 'PATCH') return apiError(403, 'accessDenied')
    if (/^\/datasets\/\w+$/.test(path)) return { kind: 'bigquery#dataset', location: 'EU' }
    if (path.endsWith('/load_objects')) return { status: 200, body: { schema: { fields: [] } } }
    return { ...metadata }
  })
  const made = ensureWarehouse(fake.bigquery, { raw: 'raw', loads: 'loads' }, [visits], {
    'patient-with-others': tag,
  })
  await assert.rejects(made, { code: 'WAREHOUSE_REFUSED', todo: /roles\/bigquery\.dataEditor/ })
  const patch = fake.asked.find(({ method, path }) => method === 'PATCH' && path.endsWith('visits_changes'))
  const { fields } = patch!.body.schema as { fields: { name: string; policyTags?: { names: string[] } }[] }
  assert.deepEqual(
    fields.filter(({ policyTags }) => policyTags).map(({ name, policyTags }) => [name, policyTags!.names]),
    [['row', [tag]]],
  )
})
