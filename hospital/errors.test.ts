import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { errorCatalog } from './error-catalog.ts'
import { disposition, PipelineError, safeError } from './errors.ts'

test('docs/errors.md has a section for every code, with what to do, and none for a code that is gone', async () => {
  const page = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8')
  const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, code]) => code!)
  assert.deepEqual(sections.sort(), Object.keys(errorCatalog).sort())
  for (const [code, { what, todo }] of Object.entries(errorCatalog)) {
    assert.ok(page.includes(what), `${code}: what`)
    assert.ok(page.includes(todo), `${code}: todo`)
  }
})

test('one place decides: never goes to dead letters, everything else is tried again', () => {
  assert.equal(disposition(new PipelineError('MESSAGE_CORRUPT')), 'dead-letter')
  assert.equal(disposition(new PipelineError('LAKE_UNAVAILABLE')), 'retry')
  assert.equal(disposition(new Error('what')), 'retry')
  assert.equal(disposition('text'), 'retry')
})

test("invariant 8: a foreign error's own words, which may quote a row, are not shown", () => {
  const foreign = Object.assign(new Error('duplicate key (full_name)=(Anna)'), { code: '23505' })
  assert.doesNotMatch(JSON.stringify(safeError(foreign)), /Anna/)
  assert.equal(safeError(foreign).code, '23505')
  const ours = new PipelineError('DATABASE_UNAVAILABLE', { host: 'db' }, foreign)
  assert.doesNotMatch(JSON.stringify(safeError(ours)), /Anna/)
  assert.match(safeError(ours).message, /host=db/)
})
