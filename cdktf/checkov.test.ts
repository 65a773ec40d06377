import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { repository } from './archives/bundle.ts'
import { choices, synthesize } from './testing/synthesized.ts'

const CHECKOV = join(repository, '.tools', 'checks-venv', 'bin', 'checkov')
const CONFIG = join(import.meta.dirname, 'checkov.yaml')
const TESTED = ['demo', 'own parts']
/** Checks of 3.3.30 that end with an error of their own on a list of flags; machines.test.ts has what they would ask. */
const BROKEN = ['GoogleCloudPostgreSqlLogLockWaits', 'GoogleCloudPostgreSqlLogMinDuration']

interface Report {
  summary: { passed: number; failed: number; parsing_errors: number }
  results: { failed_checks: { check_id: string; resource: string }[] }
}
let dir: string
const skips = [...readFileSync(CONFIG, 'utf8').matchAll(/^ {2}- (\w+) *(# (.{20,}))?$/gm)].map(
  ([, check, , why]) => ({
    check: check!,
    why,
  }),
)

before(() => {
  assert.ok(existsSync(CHECKOV), `${CHECKOV} is not there: npm test installs it`)
  dir = mkdtempSync(join(tmpdir(), 'checkov-'))
  for (const name of TESTED) {
    const { text } = synthesize(choices[name]!)
    for (const stack of ['foundation', 'pipeline'] as const) {
      writeFileSync(join(dir, `${name.replace(' ', '-')}-${stack}.tf.json`), text[stack])
    }
  }
})
after(() => rmSync(dir, { recursive: true, force: true }))

function checkov(...args: string[]): { report: Report; errors: string } {
  const { stdout, stderr } = spawnSync(CHECKOV, ['--directory', dir, '--output', 'json', ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: process.env.PATH ?? '', HOME: dir, LOG_LEVEL: 'WARNING' },
  })
  return { report: JSON.parse(stdout) as Report, errors: stderr }
}

test('checkov passes, and reads all that was synthesized', () => {
  const { report, errors } = checkov('--config-file', CONFIG)
  assert.deepEqual(
    report.results.failed_checks.map(({ check_id: check, resource }) => `${check} ${resource}`),
    [],
  )
  assert.equal(report.summary.parsing_errors, 0, errors.slice(-2000))
  assert.ok(report.summary.passed > 200, String(report.summary.passed))
  const crashed = new Set([...errors.matchAll(/gcp\/(\w+)\.py/g)].map(([, check]) => check!))
  assert.deepEqual([...crashed].sort(), BROKEN)
})

test('each check that is left out has its reason, fails without it, and where it may only', () => {
  for (const { check, why } of skips) assert.ok(why, `${check} has no reason`)
  const { report } = checkov('--framework', 'terraform_json', '--skip-download', '--compact', '--quiet')
  const failed = report.results.failed_checks
  assert.deepEqual(
    [...new Set(failed.map(({ check_id: check }) => check))].sort(),
    skips.map(({ check }) => check).sort(),
  )
  const ids = (check: string) =>
    failed.filter(({ check_id: id }) => id === check).map(({ resource }) => resource.split('.')[1]!)
  for (const check of ['CKV_GCP_80', 'CKV_GCP_121'])
    for (const id of ids(check)) assert.match(id, /^(external|trail)-/)
  assert.deepEqual([...new Set(ids('CKV_GCP_49'))], ['launch-dataflow-project-dataflowdeveloper'])
})
