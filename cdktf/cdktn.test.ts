import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repository } from './archives/bundle.ts'

interface Synthesized {
  by: string
  stacks: Record<string, Record<'foundation' | 'pipeline', object>>
}
const testing = join(import.meta.dirname, 'testing')

function synthAll(...flags: string[]): Synthesized {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, join(testing, 'synth-all.ts')], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as Synthesized
}

test('the same source gives the same resources under cdktn, which goes on where CDKTF was archived', () => {
  const there = join(repository, '.tools', 'cdktn', 'node_modules', 'cdktf')
  assert.ok(existsSync(there), `${there} is not there: npm test installs it`)
  const [ours, theirs] = [synthAll(), synthAll('--import', join(testing, 'as-cdktn.ts'))]
  assert.equal(ours.by, 'cdktf 0.21.0')
  assert.equal(theirs.by, 'cdktn 0.24.0')
  assert.ok(Object.keys(ours.stacks).length >= 4)
  assert.deepEqual(theirs.stacks, ours.stacks)
})
