import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StackFile } from '../stack-file.ts'
import { answerRecorder } from './answers.ts'
import { readRuns } from './runs.ts'

test('what the scheduler hears of reconcile and run-dbt is written down, of other functions nothing', async (t) => {
  const stateDir = await mkdtemp(join(tmpdir(), 'answers-'))
  t.after(() => rm(stateDir, { recursive: true, force: true }))
  const warehouseFile = join(stateDir, 'none.duckdb')
  const hear = answerRecorder({
    stateDir,
    warehouseFile,
    publishedFile: join(stateDir, 'p.duckdb'),
  } as StackFile)
  const runs = () => readRuns(join(stateDir, 'runs.json'))
  await hear('load-facts', 500, 'no json')
  assert.deepEqual(await runs(), {})
  const report = {
    ok: false,
    args: ['build'],
    error: '',
    failed: ['a_test'],
    skipped: 2,
    seconds: 1,
    results: [],
  }
  await hear('run-dbt', 500, JSON.stringify(report))
  assert.deepEqual([(await runs()).dbt?.result, (await runs()).dbt?.failed], ['failed', ['a_test']])
  await hear('run-dbt', 200, JSON.stringify({ ...report, ok: true, failed: [] }))
  assert.equal((await runs()).dbt?.result, 'ok')
  await hear('run-dbt', 503, '{"code": "WAREHOUSE_UNAVAILABLE"}')
  assert.deepEqual((await runs()).dbt?.failed, ['answer 503'])
  await hear('reconcile', 200, '{"status": "equal", "tables": []}')
  assert.equal((await runs()).reconcile?.result, 'equal')
  await hear('reconcile', 503, 'gone')
  assert.equal((await runs()).reconcile?.result, 'failed')
})
