import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { root } from '../paths.ts'
import { runDbt } from './run.ts'
import { appendChanges, textRows, withFile } from './testing/raw-file.ts'

let dir: string
let path: string

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dbt-run-'))
  path = join(dir, 'empty.duckdb')
  await appendChanges(path, [], '2026-01-01T00:00:00Z')
})

after(() => rm(dir, { recursive: true, force: true }))

test('dbt waits while another process has the file, then builds, also before the first load', async () => {
  const lines: string[] = []
  const waiting = Promise.withResolvers<void>()
  const holder = withFile(path, () =>
    Promise.race([waiting.promise, sleep(30_000, undefined, { ref: false })]),
  )
  const run = await runDbt({
    args: ['build', '--exclude-resource-type', 'unit_test'],
    duckdbPath: path,
    logDir: join(dir, 'logs'),
    onLine: (line) => {
      lines.push(line)
      if (line.startsWith('waiting')) waiting.resolve()
    },
  })
  await holder
  assert.equal(lines[0], 'waiting: another process has the file')
  assert.deepEqual(
    run.results.filter(({ status }) => !['success', 'pass'].includes(status)),
    [],
  )
  assert.ok(run.ok)
  assert.deepEqual(await textRows(path, 'SELECT count(*) AS n FROM marts.patient_journey'), [{ n: '0' }])
})

test('nothing is written into the repository', async () => {
  const { stdout } = await promisify(execFile)(
    'git',
    ['status', '--short', '--ignored', '--untracked-files=all', '--', 'dbt'],
    { cwd: root },
  )
  assert.doesNotMatch(stdout, /dbt\/(target|logs|\.user\.yml|dbt_packages)/)
})

test('a wrong path to dbt is a setting to mend', async () => {
  const dbtExecutable = join(dir, 'no-dbt')
  await assert.rejects(runDbt({ args: ['build'], duckdbPath: path, logDir: dir, dbtExecutable }), {
    code: 'SETTING_INVALID',
  })
})
