import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { dbtProject, generatedFiles } from './generate.ts'

test('the committed files of the dbt project are the ones that the catalog gives', async () => {
  for (const [path, text] of generatedFiles()) {
    const committed = await readFile(join(dbtProject, path), 'utf8').catch(() => '')
    assert.equal(committed, text, `${path} is stale: run node local-emulators/dbt/generate.ts`)
  }
})

test('a base model stands for a table of the catalog, no other', async () => {
  const files = await readdir(join(dbtProject, 'models/staging/base'))
  const expected = catalog.flatMap(({ name }) => [`base_${name}.sql`, `base_${name}.yml`])
  assert.deepEqual(files.sort(), expected.sort())
})

test('every table has one key column, which values_are_exact finds a change by', () => {
  for (const table of catalog) assert.equal(table.key.length, 1, table.name)
})
