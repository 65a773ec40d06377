import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { python, withPipelines } from '@pipeline/dataflow-templates/testing/beam.ts'
import { withEngine } from '@pipeline/functions/parquet/engine.ts'
import { checkParquet } from '@pipeline/functions/parquet/file.ts'
import { coveredBy, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { root } from '../paths.ts'

const run = promisify(execFile)

test('objects of changes-to-lake-parquet pass the checks of the loaders, by name and by content', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'objects-'))
  try {
    await withPipelines((pipelines) =>
      run(
        python,
        ['-c', 'import sys; from suites import test_movers; test_movers.lake_story(sys.argv[1])', folder],
        {
          cwd: join(root, 'dataflow-templates'),
          env: { ...process.env, PIPELINES: pipelines },
        },
      ),
    )
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    )
    assert.equal(files.length, 3)
    const rows = await withEngine(async (engine) => {
      let total = 0
      for (const file of files) {
        const path = join(file.parentPath, file.name)
        const name = parseLakeName(relative(folder, path))
        assert.ok(name?.compacted, path)
        const { size } = await stat(path)
        const object = {
          name: relative(folder, path),
          generation: '1',
          size,
          storedAt: '2026-03-02T00:00:00Z',
        }
        const read = await checkParquet(engine, object, name, path)
        assert.deepEqual(read.runs, coveredBy(name))
        total += read.rows
      }
      return total
    })
    assert.equal(rows, 8)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
