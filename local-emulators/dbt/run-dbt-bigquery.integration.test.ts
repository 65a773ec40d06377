import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type BigqueryEmulator, startBigquery } from '@pipeline/functions/testing/bqemulator.ts'
import { root, tools } from '../paths.ts'

const PROJECT = 'test-project'
const SECRET = 'a secret of this test, which nobody may see'
let emulator: BigqueryEmulator

before(async () => {
  emulator = await startBigquery()
  await emulator.bigquery.createDataset('demo_staging')
})
after(() => emulator?.stop())

/** Runs lines of Python with `it`, the operations' tables in BigQuery. Returns what they print as JSON. */
async function python(lines: string, secret = SECRET): Promise<unknown> {
  const script = `import json\nfrom settings import read_settings\nfrom operations import operations\nimport os\n
it = operations(read_settings(os.environ))\n${lines}\n`
  const { stdout } = await promisify(execFile)(tools.python, ['-c', script], {
    cwd: join(root, 'functions', 'run-dbt'),
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      PYTHONDONTWRITEBYTECODE: '1',
      WAREHOUSE: 'bigquery',
      GOOGLE_CLOUD_PROJECT: PROJECT,
      LAKE_BUCKET: 'a-bucket',
      BIGQUERY_LOCATION: 'EU',
      BIGQUERY_DATASET_PREFIX: 'demo',
      BIGQUERY_EMULATOR_HOST: emulator.url,
      PSEUDONYM_KEY: secret,
    },
  })
  return JSON.parse(stdout || 'null')
}

async function rows(sql: string): Promise<unknown[]> {
  const [job] = await emulator.bigquery.createQueryJob({ query: sql })
  const [found] = await job.getQueryResults()
  return found
}

test('the tables of operations are made once, and the key is the one of the setting', async () => {
  await python('it.prepare()\nit.prepare()')
  const keys = () => rows('SELECT key_hex FROM `test-project.demo_staging.pseudonym_key_values`')
  const [first] = (await keys()) as { key_hex: string }[]
  assert.match(first!.key_hex, /^[0-9a-f]{64}$/)
  assert.equal((await keys()).length, 1)
  await python('it.prepare()', 'f'.repeat(64))
  assert.deepEqual(await keys(), [{ key_hex: 'f'.repeat(64) }])
})

test('runs are added, dead letters replaced, and the last run is found', async () => {
  const found = await python(`it.prepare()
run = lambda name, day, status: {"run_id": name, "kind": "dbt", "started_at": f"2026-01-{day}T00:00:00+00:00",
  "finished_at": f"2026-01-{day}T01:00:00+00:00", "status": status, "passed": 1, "failed": 0, "skipped": 0, "message": "it's \\\\ all", "code_version": name}
it.append("pipeline_runs_log", [run("a", "02", "ok"), run("b", "03", "ok")])
it.append("pipeline_runs_log", [run("c", "04", "failed")])
it.append("pipeline_runs_log", [])
it.replace("dead_letters_now", [{"table_name": "visits", "objects": 3}, {"table_name": "(other)", "objects": 1}])
it.replace("dead_letters_now", [{"table_name": "visits", "objects": 2}])
ok = it.last("pipeline_runs_log", "code_version", "kind = 'dbt' AND status = 'ok'")
none = it.last("pipeline_runs_log", "run_id", "kind = 'reconcile'")
print(json.dumps([ok, none]))`)
  assert.deepEqual(found, ['b', null])
  assert.deepEqual(
    await rows('SELECT table_name, objects FROM `test-project.demo_staging.dead_letters_now`'),
    [{ table_name: 'visits', objects: 2 }],
  )
  assert.equal((await rows('SELECT run_id FROM `test-project.demo_staging.pipeline_runs_log`')).length, 3)
  await python('it.replace("dead_letters_now", [])')
  assert.deepEqual(await rows('SELECT * FROM `test-project.demo_staging.dead_letters_now`'), [])
})
