import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLocked, nodeName, readLogLine, readResults, safeMessage } from './results.ts'

test('invariant 8: a value that the engine quotes is in no message', () => {
  const secret = 'Müller-Ångström'
  const messages = [
    `Runtime Error in model base_visits\n  Conversion Error: Could not convert string '${secret}' to INT32`,
    `Database Error: ${secret}`,
    `Constraint Error: Duplicate key "name: ${secret}"`,
    `Something else about ${secret}`,
  ]
  for (const message of messages) assert.doesNotMatch(safeMessage('error', message), new RegExp(secret))
  assert.equal(safeMessage('error', messages[0]!), 'Conversion Error')
  // Such a message may name a harmless kind further on.
  assert.doesNotMatch(safeMessage('error', `Conversion Error: '${secret}' Binder Error: ${secret}`), /ller/)
})

test('a message says how many rows failed, and what names are wrong', () => {
  assert.equal(safeMessage('fail', 'Got 3 results, configured to fail if != 0'), '3 rows')
  assert.equal(safeMessage('fail', 'Got 1 result, configured to fail if != 0'), '1 rows')
  assert.equal(safeMessage('success', 'OK'), '')
  assert.match(
    safeMessage('error', 'Runtime Error in model x\n  Binder Error: no column\n  "y"'),
    /^Binder Error: no column "y"$/,
  )
  assert.match(
    safeMessage('fail', 'actual differs from expected:\n\n@@,name\n,A→B'),
    /^differs from what the unit test expects$/,
  )
})

test('a lock of another process is known by its text', () => {
  const text = 'IO Error: Could not set lock on file "/x.duckdb": Conflicting lock is held in node (PID 7)'
  assert.ok(isLocked(text))
  assert.equal(safeMessage('error', text), 'another process has the file')
})

test('results have names, and the text that goes back to disk has no message of the engine', () => {
  const { results, safeText } = readResults(
    JSON.stringify({
      metadata: { v: 1 },
      results: [
        { unique_id: 'model.hospital.base_visits', status: 'error', execution_time: 1, message: 'Secret' },
        { unique_id: 'test.hospital.unique_x.1a2b', status: 'pass', execution_time: 2, message: null },
      ],
    }),
  )
  assert.deepEqual(
    results.map(({ name, status, seconds }) => [name, status, seconds]),
    [
      ['base_visits', 'error', 1],
      ['unique_x', 'pass', 2],
    ],
  )
  assert.doesNotMatch(safeText, /Secret/)
  assert.match(safeText, /"metadata":\{"v":1\}/)
  assert.equal(nodeName('unit_test.hospital.patients.ages_are_exact'), 'ages_are_exact')
})

test('a log line is shown only when something has finished', () => {
  const done = { info: {}, data: { status: 'PASS', execution_time: 1, node_info: { node_name: 'x' } } }
  assert.deepEqual(readLogLine(JSON.stringify(done)), { show: 'pass x 1.00 s' })
  assert.deepEqual(readLogLine(JSON.stringify({ info: { level: 'info', msg: 'Running' }, data: {} })), {})
  assert.deepEqual(readLogLine(JSON.stringify({ info: { level: 'error', msg: 'Bad' }, data: {} })), {
    error: 'Bad',
  })
  assert.deepEqual(readLogLine('Traceback'), { error: 'Traceback' })
})
