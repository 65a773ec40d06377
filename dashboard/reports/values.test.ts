import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { readFilters } from './filters.ts'
import { average, convertRow, money, total } from './values.ts'

test('money is exact: two digits, no more unless they are 0, of any size', () => {
  assert.deepEqual(['1', '1.5', '-0.05', '99999999999999999999.99', '7.100', '3.'].map(money), [
    '1.00',
    '1.50',
    '-0.05',
    '99999999999999999999.99',
    '7.10',
    '3.00',
  ])
  assert.deepEqual(['1.005', '', 'x', '1e3', 'NaN', '1,5'].map(money), Array(6).fill(undefined))
})

test('sums and averages do not pass through floating point; half a cent goes away from zero', () => {
  assert.equal(total(['0.10', '0.20', null, '99999999999999.97']), '100000000000000.27')
  assert.equal(average('0.05', 2), '0.03')
  assert.equal(average('-0.05', 2), '-0.03')
  assert.equal(average('10.00', 3), '3.33')
  assert.equal(average('90071992547409.93', 1), '90071992547409.93')
  assert.deepEqual([average(null, 1), average('1.00', 0)], [null, null])
})

test('invariant 5: a value of another kind is an error that names its column, not a 0', () => {
  const columns = { n: 'count', m: 'money', d: 'date' } as const
  assert.deepEqual(convertRow(columns, { n: '12', m: '1.5', d: '2026-03-01 00:00:00' }), {
    n: 12,
    m: '1.50',
    d: '2026-03-01',
  })
  for (const row of [
    { n: 'many', m: '1', d: null },
    { n: 1, m: 'Erika', d: null },
    { n: 1, m: '1', d: 'yesterday' },
    { n: 1, m: '1' },
    { n: '9007199254740993', m: '1', d: null },
  ]) {
    assert.throws(
      () => convertRow(columns, row),
      (error) =>
        error instanceof PipelineError &&
        error.code === 'REPORTS_UNAVAILABLE' &&
        !error.message.includes('Erika'),
      JSON.stringify(row),
    )
  }
})

test('filters are days in order, a department, and a doctor by number; an empty one is none', () => {
  assert.deepEqual(
    readFilters(new URLSearchParams('from=2026-01-01&to=&department=Ear%2C+nose&doctor=7&other=1')),
    {
      from: '2026-01-01',
      department: 'Ear, nose',
      doctor: '7',
    },
  )
  for (const bad of [
    'from=2026-02-30',
    'from=1.1.2026',
    'from=2026-02-01&to=2026-01-01',
    'doctor=7;drop',
    `department=${'x'.repeat(201)}`,
  ]) {
    assert.throws(
      () => readFilters(new URLSearchParams(bad)),
      (error) => error instanceof PipelineError && error.code === 'REQUEST_INVALID',
      bad,
    )
  }
})
