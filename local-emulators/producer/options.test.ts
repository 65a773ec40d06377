import assert from 'node:assert/strict'
import test from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { type ProduceOptions, plannedChanges, readOptions } from './options.ts'

const good: ProduceOptions = { databaseUrl: 'postgres://me:hunter2@localhost/hospital', rate: 50, seed: 1 }

function problemOf(options: unknown): string {
  try {
    readOptions(options as ProduceOptions)
  } catch (error) {
    assert.ok(error instanceof PipelineError)
    assert.equal(error.code, 'SETTING_INVALID')
    return error.message
  }
  throw new Error('no problem')
}

test('good options get their defaults', () => {
  const { tickMs, doctors, patients } = readOptions(good)
  assert.deepEqual({ tickMs, doctors, patients }, { tickMs: 100, doctors: 40, patients: 500 })
})

test('a bad option is named', () => {
  assert.match(problemOf({ ...good, rate: 0 }), /rate: /)
  assert.match(problemOf({ ...good, rate: '50' }), /rate: /)
  assert.match(problemOf({ ...good, seconds: -1 }), /seconds: /)
  assert.match(problemOf({ ...good, changes: 1.5 }), /changes: /)
  assert.match(problemOf({ ...good, seed: undefined }), /seed: /)
  assert.match(problemOf({ ...good, startDate: '2025-02-30' }), /startDate: /)
  assert.match(problemOf({ ...good, speed: 3 }), /speed/)
})

test('a bad address is told without the password in it', () => {
  const problem = problemOf({ ...good, databaseUrl: 'mysql://me:hunter2@localhost/hospital' })
  assert.match(problem, /databaseUrl: has to begin with postgres/)
  assert.doesNotMatch(problem, /hunter2/)
})

test('the plan is the least of the limits, or an hour', () => {
  assert.equal(plannedChanges(readOptions({ ...good, seconds: 10 })), 500)
  assert.equal(plannedChanges(readOptions({ ...good, seconds: 10, changes: 20 })), 20)
  assert.equal(plannedChanges(readOptions(good)), 180_000)
})
