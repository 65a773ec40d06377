import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { statePaths } from '../paths.ts'
import { isAlive } from '../stack-file.ts'
import { endLeftovers, recordProcesses } from './leftovers.ts'

test('what a killed supervisor left is ended, and a process that merely has an old number is not', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'left-'))
  const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  try {
    const paths = statePaths(dir)
    await recordProcesses(paths, [
      { name: 'part', pid: left.pid! },
      { name: 'gone', pid: null },
    ])
    assert.deepEqual(await endLeftovers(paths), ['part'])
    assert.equal(left.exitCode !== null || left.signalCode !== null || !isAlive(left.pid!), true)
    assert.deepEqual(await endLeftovers(paths), [])
  } finally {
    left.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
})
