import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { manifest } from '@pipeline/functions/manifest.ts'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import { choices, synthesize } from '../testing/synthesized.ts'
import { ARCHIVES } from './archive.ts'
import { functionArchive } from './function-archive.ts'
import { checkRequirements, pythonEntries } from './python.ts'

const HASH = `--hash=sha256:${'a'.repeat(64)}`
const PINNED = `functions-framework==3.9.2 \\\n    ${HASH}\n# via\ndbt-core==1.11.16 ${HASH}\n`
const python: FunctionEntry = {
  ...manifest.find(({ trigger }) => trigger.kind === 'schedule')!,
  name: 'run-python',
  folder: 'run-python',
  entryPoint: 'run_python',
  runtime: 'python313',
  beside: ['project'],
}
let root: string
const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

before(() => {
  root = mkdtempSync(join(tmpdir(), 'python-'))
})
after(() => rmSync(root, { recursive: true, force: true }))
beforeEach(() => {
  rmSync(root, { recursive: true, force: true })
  put('functions/run-python/main.py', 'import helper\n\ndef run_python(request):\n    return helper.TEXT\n')
  put('functions/run-python/helper.py', "TEXT = 'ok'\n")
  put('functions/run-python/requirements.txt', PINNED)
  put('functions/run-python/requirements.in', 'dbt-core\n')
  put('functions/run-python/main_test.py', '')
  put('functions/run-python/test_helper.py', '')
  put('functions/run-python/tests/test_more.py', '')
  put('functions/run-python/__pycache__/main.cpython-313.pyc', 'x')
  put('functions/run-python/archive.test.ts', '')
  put('project/dbt_project.yml', 'name: a\n')
  put('project/tests/money/adds_up.sql', 'select 1\n')
  put('project/target/run_results.json', '{}')
  put('project/.user.yml', 'id: somebody\n')
})

test('the archive has source, requirements and the folders beside, and no test, cache or left-over', () => {
  assert.deepEqual(
    pythonEntries(root, python)
      .map(({ name }) => name)
      .sort(),
    [
      'helper.py',
      'main.py',
      'project/dbt_project.yml',
      'project/tests/money/adds_up.sql',
      'requirements.txt',
    ],
  )
})

test('the same source has the same archive, and Python can import it where it was unpacked', async () => {
  const [one, two] = [join(root, 'one'), join(root, 'two')]
  const first = await functionArchive(one, python, root)
  put('functions/run-python/__pycache__/other.pyc', 'y')
  assert.deepEqual(await functionArchive(two, python, root), first)
  const folder = join(root, 'unpacked')
  const file = join(one, ARCHIVES, `run-python-${first.hash}.zip`)
  execFileSync('python3', ['-m', 'zipfile', '-e', file, folder])
  const said = execFileSync('python3', ['-c', 'import main; print(main.run_python(None))'], {
    cwd: folder,
    encoding: 'utf8',
  })
  assert.equal(said.trim(), 'ok')
  put('functions/run-python/helper.py', "TEXT = 'changed'\n")
  assert.notEqual((await functionArchive(two, python, root)).hash, first.hash)
})

test('what the build would refuse is refused here, by its name', () => {
  const wrong: [string, RegExp][] = [
    [`functions-framework==3.9.2 ${HASH}\ndbt-core>=1.11 ${HASH}\n`, /no version or no hash: dbt-core>=1.11/],
    [`functions-framework==3.9.2 ${HASH}\ndbt-core==1.11.16\n`, /no hash: dbt-core==1.11.16/],
    [`dbt-core==1.11.16 ${HASH}\n`, /does not name functions-framework/],
  ]
  for (const [text, message] of wrong) {
    assert.throws(() => checkRequirements(text, 'run-python'), { code: 'SETTING_INVALID', message })
  }
  assert.throws(() => pythonEntries(root, { ...python, entryPoint: 'other' }), /main\.py.*has no other/)
  rmSync(join(root, 'functions/run-python/requirements.txt'))
  assert.throws(() => pythonEntries(root, python), /requirements\.txt.*is missing/)
})

test('the stack gives a Python function its runtime, and tells its build nothing of npm', () => {
  const { pipeline } = synthesize(choices.demo!, { entries: [...manifest, python] })
  const { build_config: built } = pipeline.resource.google_cloudfunctions2_function!['function-run-python']
  assert.equal(built.runtime, 'python313')
  assert.equal(built.entry_point, 'run_python')
  assert.equal(built.environment_variables, undefined)
  assert.ok(pipeline.resource.google_cloud_scheduler_job!['schedule-run-python'])
})
