import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { dbtProject } from './generate.ts'
import { runDbt } from './run.ts'
import { appendChanges } from './testing/raw-file.ts'

interface Node {
  resource_type: string
  name: string
  description: string
  fqn: string[]
  path: string
  config: { materialized: string; contract?: { enforced: boolean } }
  columns: Record<string, { name: string; description: string; data_type: string | null; meta: Meta }>
  depends_on: { nodes: string[] }
  attached_node?: string | null
  column_name?: string | null
  test_metadata?: { name: string } | null
}
interface Meta {
  identifies?: string
}
interface Manifest {
  nodes: Record<string, Node>
  sources: Record<string, Node>
  exposures: Record<string, { name: string; description: string; depends_on: { nodes: string[] } }>
  metrics: Record<string, { name: string; description: string }>
}

let dir: string
let path: string
let manifest: Manifest
let models: [string, Node][]

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dbt-project-'))
  path = join(dir, 'warehouse.duckdb')
  await appendChanges(path, [], '2026-01-01T00:00:00Z')
  const { ok } = await runDbt({ args: ['parse'], duckdbPath: path, logDir: dir })
  assert.ok(ok)
  manifest = JSON.parse(await readFile(join(dir, 'target/manifest.json'), 'utf8')) as Manifest
  models = Object.entries(manifest.nodes).filter(([, { resource_type }]) => resource_type === 'model')
  assert.ok(models.length > 45)
})
after(() => rm(dir, { recursive: true, force: true }))

test('every model and source, and each of their columns, is described and has a type', () => {
  for (const node of [...models.map(([, node]) => node), ...Object.values(manifest.sources)]) {
    assert.ok(node.description, node.name)
    assert.ok(Object.keys(node.columns).length > 0, node.name)
    for (const { name, description, data_type } of Object.values(node.columns)) {
      assert.ok(description, `${node.name}.${name}`)
      assert.ok(data_type, `${node.name}.${name}`)
    }
  }
})

test('every model says its grain, or that it is one row, and a test holds it', () => {
  const tests = Object.values(manifest.nodes).filter(({ resource_type }) => resource_type === 'test')
  for (const [id, { name, description }] of models) {
    assert.match(description, /Grain: [a-z_, ]+\.$|One row\.$/, name)
    const own = tests.filter(({ attached_node }) => attached_node === id)
    const named = (test: string) => own.filter(({ test_metadata }) => test_metadata?.name === test)
    const unique = named('unique').map(({ column_name }) => column_name)
    const notNull = named('not_null').map(({ column_name }) => column_name)
    assert.ok(
      named('primary_key').length === 1 || unique.some((column) => notNull.includes(column)),
      `${name} has no test of its primary key`,
    )
  }
})

test('only staging reads sources', () => {
  for (const [, { name, path: file, depends_on }] of models) {
    const sources = depends_on.nodes.filter((node) => node.startsWith('source.'))
    if (sources.length > 0) assert.match(file, /^staging\//, name)
  }
  assert.ok(models.some(([, { depends_on }]) => depends_on.nodes.some((node) => node.startsWith('source.'))))
})

test('every mart has a contract and a report that uses it', () => {
  const marts = models.filter(([, { fqn }]) => fqn[1] === 'marts')
  assert.ok(marts.length >= 16)
  const used = new Set(Object.values(manifest.exposures).flatMap(({ depends_on }) => depends_on.nodes))
  for (const [id, { name, config }] of marts) {
    assert.equal(config.contract?.enforced, true, name)
    assert.ok(used.has(id), `no exposure of ${name}`)
  }
  for (const each of Object.values(manifest.exposures)) assert.ok(each.description, each.name)
})

test('the semantic layer has the four metrics', () => {
  const names = Object.values(manifest.metrics).map(({ name }) => name)
  for (const name of ['revenue', 'visits', 'collection_rate', 'average_cost']) assert.ok(names.includes(name))
})

test('invariant 8: identifying columns carry the class of the catalog in every model of current rows', () => {
  for (const { name, columns } of catalog) {
    for (const model of [`base_${name}`, `latest_${name}`]) {
      const there = manifest.nodes[`model.hospital.${model}`]!.columns
      for (const column of columns)
        assert.equal(there[column.name]!.meta.identifies, column.identifies, `${model}.${column.name}`)
    }
  }
})

test('invariant 8: an identifying column in a mart that may not hold it fails a test, by its name or by its class', async () => {
  const project = join(dir, 'project')
  await cp(dbtProject, project, { recursive: true })
  const run = async (): Promise<string[]> => {
    const { results } = await runDbt({
      args: ['test', '--select', 'invariant_8_marts_identify_only_whom_they_may'],
      duckdbPath: path,
      logDir: join(dir, 'planted'),
      projectDir: project,
    })
    return results.map(({ name, status, message }) => `${name} ${status} ${message}`.trim())
  }
  const name = 'invariant_8_marts_identify_only_whom_they_may'
  const own = (lines: string[]) => lines.filter((line) => line.startsWith(name))
  assert.deepEqual(own(await run()), [`${name} pass`])
  const yaml = join(project, 'models/marts/patient_ages.yml')
  const text = await readFile(yaml, 'utf8')
  const column = (lines: string) => text.replace(/^ {4}columns:\n/m, `$&${lines}`)
  const planted = '      - name: full_name\n        data_type: text\n        description: x\n'
  await writeFile(yaml, column(planted))
  assert.deepEqual(own(await run()), [`${name} fail 1 rows`])
  const renamed = planted.replace('full_name', 'who')
  await writeFile(yaml, column(`${renamed}        config: {meta: {identifies: patient}}\n`))
  assert.deepEqual(own(await run()), [`${name} fail 1 rows`])
})
