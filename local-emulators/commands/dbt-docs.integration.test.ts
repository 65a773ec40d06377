import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeDocs } from './dbt-docs.ts'

test("dbt's docs are one page that has every mart, its columns and their types", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dbt-docs-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const page = await readFile(await makeDocs(folder), 'utf8')
  for (const text of ['patient_journey', 'days_since_previous_visit', 'Unpaid or Pending', 'DECIMAL(31,2)'])
    assert.ok(page.includes(text), text)
  const key = await readFile(join(folder, 'hospital.duckdb.pseudonym-key'), 'utf8')
  assert.ok(key.length === 64 && !page.includes(key))
})
