import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog, findTable } from '@pipeline/hospital/catalog.ts'
import { changesSpec, externalSpec, LEDGER, type PolicyTags } from './schema.ts'

const tag = (name: string) => `projects/p/locations/eu/taxonomies/1/policyTags/${name}`
const tags: PolicyTags = { patient: tag('1'), 'patient-with-others': tag('2'), staff: tag('3') }
const tagsOf = (table: string, given: PolicyTags) =>
  Object.fromEntries(
    changesSpec(findTable(table)!, given).metadata.schema.fields.flatMap(({ name, policyTags }) =>
      policyTags ? [[name, policyTags.names]] : [],
    ),
  )

test('every table and every column is described, and names and labels are those that BigQuery takes', () => {
  for (const { name, metadata } of [
    LEDGER,
    ...catalog.map((table) => changesSpec(table, {})),
    externalSpec(catalog[0]!, 'b'),
  ]) {
    assert.match(name, /^[a-z_]+$/)
    assert.ok(metadata.description)
    for (const field of metadata.schema.fields) assert.ok(field.description, `${name}.${field.name}`)
    for (const [label, value] of Object.entries(metadata.labels ?? {}))
      assert.match(`${label}=${value}`, /^[a-z][a-z0-9_-]{0,62}=[a-z0-9_-]{0,63}$/)
    assert.ok((metadata.clustering?.fields?.length ?? 0) <= 4)
  }
})

test('a change log is partitioned by the day of the commit and clustered by key', () => {
  const { metadata } = changesSpec(findTable('visits')!, {})
  assert.deepEqual(metadata.timePartitioning, { type: 'DAY', field: 'committedAt' })
  assert.deepEqual(metadata.clustering, { fields: ['row_key', 'sequence'] })
})

test('invariant 8: what may hold an identifying column carries the tag of the strictest class', () => {
  assert.deepEqual(tagsOf('patients', tags), { key: [tag('2')], row: [tag('1')], row_key: [tag('2')] })
  assert.deepEqual(tagsOf('doctors', tags), { row: [tag('3')] })
  assert.deepEqual(tagsOf('visits', tags), { row: [tag('2')] })
  assert.deepEqual(tagsOf('medicines', tags), {})
  assert.deepEqual(tagsOf('patients', {}), {})
})

test('an external table reads the objects of one table by day', () => {
  const { metadata } = externalSpec(findTable('visits')!, 'lake')
  const { sourceUris, hivePartitioningOptions, compression } = metadata.externalDataConfiguration!
  assert.deepEqual(sourceUris, ['gs://lake/changes/visits/*.ndjson.gz'])
  assert.equal(compression, 'GZIP')
  assert.deepEqual(hivePartitioningOptions, {
    mode: 'CUSTOM',
    sourceUriPrefix: 'gs://lake/changes/visits/{date:STRING}',
    requirePartitionFilter: true,
  })
})
