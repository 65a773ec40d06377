import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manifest } from '@pipeline/functions/manifest.ts'
import { changesSpec, LEDGER } from '@pipeline/functions/warehouse/bigquery/schema.ts'
import { trailViews } from '@pipeline/functions/warehouse/bigquery/trail.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { all, choices, synthesize } from './testing/synthesized.ts'

const { pipeline } = synthesize(choices.demo!)
const ref = (type: string, id: string, field: string) => `\${${type}.${id}.${field}}`
const dataset = (name: string) => ref('google_bigquery_dataset', `dataset-${name}`, 'dataset_id')
const PAGE = 'serviceAccount:demo-dashboard@my-hospital-project.iam.gserviceaccount.com'

test('invariant 8: a view over the raw log shows keys, places and times, and no row', () => {
  assert.deepEqual(
    trailViews.map(({ of }) => of),
    [...catalog.map(({ name }) => `${name}_changes`), LEDGER.name],
  )
  const specs = new Map(
    [LEDGER, ...catalog.map((table) => changesSpec(table, {}))].map((each) => [each.name, each]),
  )
  const shown = new Set<string>()
  for (const { of, columns } of trailViews) {
    const known = specs.get(of)!.metadata.schema.fields.map(({ name }) => name)
    for (const column of Object.values(columns)) {
      assert.ok(known.includes(column.replaceAll('`', '')), `${of}.${column}`)
      if (of !== LEDGER.name) shown.add(column.replaceAll('`', ''))
    }
  }
  assert.deepEqual([...shown].sort(), [
    'capturedAt',
    'committedAt',
    'loadedAt',
    'offset',
    'op',
    'partition',
    'row_key',
    'sequence',
    'topic',
  ])
})

test('invariant 9: the page reads the views alone, and they read the raw log for it', () => {
  const tables = pipeline.resource.google_bigquery_table!
  for (const { name, of } of trailViews) {
    const view = tables[`trail-${name}`]
    assert.match(
      view.view.query,
      new RegExp(`^SELECT [^*]+ FROM \`my-hospital-project\\.demo_raw\\.${of}\`$`),
    )
    assert.equal(view.view.use_legacy_sql, false)
    assert.deepEqual(view.depends_on, [`google_bigquery_table.raw-${of}`])
  }
  const [access, ...others] = all(pipeline, 'google_bigquery_dataset_access')
  assert.deepEqual(others, [])
  assert.equal(access.dataset_id, dataset('raw'))
  assert.deepEqual(access.dataset, {
    dataset: { dataset_id: dataset('trail'), project_id: 'my-hospital-project' },
    target_types: ['VIEWS'],
  })
  const reads = all(pipeline, 'google_bigquery_dataset_iam_member').filter(({ member }) => member === PAGE)
  assert.deepEqual(
    reads.map((each) => `${each.role} ${each.dataset_id}`).sort(),
    ['marts', 'trail'].map((name) => `roles/bigquery.dataViewer ${dataset(name)}`),
  )
  const readers = all(pipeline, 'google_bigquery_dataset_iam_member').filter(
    (each) => each.dataset_id === dataset('trail'),
  )
  assert.deepEqual(
    readers.map(({ member }) => member),
    [PAGE],
  )
})

test('what protects patients in the raw log lets a follower find them by key, and see no more', () => {
  for (const { grantees } of all(pipeline, 'google_bigquery_row_access_policy'))
    assert.ok(grantees.includes(PAGE))
  const tags = all(pipeline, 'google_data_catalog_policy_tag_iam_member').filter(
    ({ member }) => member === PAGE,
  )
  assert.deepEqual(
    tags.map((each) => each.policy_tag),
    [ref('google_data_catalog_policy_tag', 'tag-patient-with-others', 'name')],
  )
  const users = manifest.filter(({ access }) =>
    access.some((each) => each.kind === 'dataset' && each.dataset === 'trail'),
  )
  assert.deepEqual(
    users.map(({ name }) => name),
    ['dashboard'],
  )
})
