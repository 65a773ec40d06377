import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dbtProject } from './generate.ts'
import { lintSql } from './lint-sql.ts'

test('sqlfluff finds nothing in the project, and would find what is wrong', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'sqlfluff-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const project = join(dir, 'dbt')
  await cp(dbtProject, project, { recursive: true })
  assert.deepEqual(await lintSql(project), [])
  const file = join(project, 'models/marts/patient_ages.sql')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('group by', 'GROUP by'))
  const found = await lintSql(project)
  assert.ok(
    found.some((line) => /^dbt\/models\/marts\/patient_ages.sql:\d+ CP01 /.test(line)),
    found.join('\n'),
  )
})
