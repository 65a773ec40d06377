import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { reportDefinitions } from './definitions.ts'
import { definitionsPage } from './write-definitions.ts'

const root = join(import.meta.dirname, '..', '..')
const marts = join(root, 'dbt', 'models', 'marts')
const read = (path: string): string => readFileSync(path, 'utf8')

interface Exposure {
  name: string
  depends_on: string[]
}

test('each report is an exposure of dbt that depends on its mart', () => {
  const { exposures } = parse(read(join(marts, 'exposures.yml'))) as { exposures: Exposure[] }
  for (const { exposure, mart } of reportDefinitions) {
    const found = exposures.find(({ name }) => name === exposure)
    assert.ok(found, `dbt has no exposure ${exposure}`)
    assert.ok(found.depends_on.includes(`ref('${mart}')`), `${exposure} does not depend on ${mart}`)
  }
})

test('each field of a report is a column of its mart or has a formula over such, and charts use fields alone', () => {
  for (const { exposure, mart, fields, charts } of reportDefinitions) {
    const model = parse(read(join(marts, `${mart}.yml`))) as { models: { columns: { name: string }[] }[] }
    const columns = new Set(model.models[0]!.columns.map(({ name }) => name))
    for (const { name, formula } of fields) {
      if (formula === undefined) assert.ok(columns.has(name), `${mart} has no ${name}`)
      else
        for (const [, column] of formula.matchAll(/\((\w+)\)/g))
          assert.ok(columns.has(column!), `${mart} has no ${column}`)
    }
    const names = new Set(fields.map(({ name }) => name))
    for (const { title, dimensions, metrics } of charts) {
      for (const each of [...dimensions, ...metrics])
        assert.ok(names.has(each), `${exposure}, ${title}: ${each}`)
    }
  }
})

test('the written definitions are those of the code', () => {
  const same = read(join(root, 'docs', 'looker-studio.md')) === definitionsPage()
  assert.ok(same, 'docs/looker-studio.md is old: run node dashboard/looker/write-definitions.ts')
})
