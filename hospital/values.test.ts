import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonical } from './values.ts'

const money = { kind: 'numeric', precision: 10, scale: 2 } as const

test('money keeps its exact digits and gets its scale', () => {
  assert.equal(canonical(money, '99999999.99'), '99999999.99')
  assert.equal(canonical(money, '-0.01'), '-0.01')
  assert.equal(canonical(money, '5'), '5.00')
  assert.equal(canonical(money, '5.1'), '5.10')
  for (const bad of ['100000000.00', '0.001', '1e3', '', 'NaN', '1,5']) {
    assert.equal(canonical(money, bad), undefined, bad)
  }
})

test('a timestamp has microseconds and UTC', () => {
  const type = { kind: 'timestamp' } as const
  assert.equal(canonical(type, '2026-01-02T03:04:05Z'), '2026-01-02T03:04:05.000000Z')
  assert.equal(canonical(type, '1969-12-31T23:59:59.123456Z'), '1969-12-31T23:59:59.123456Z')
  assert.equal(canonical(type, '9999-12-31T23:59:59.9Z'), '9999-12-31T23:59:59.900000Z')
  for (const bad of ['2026-01-02T03:04:05', '2026-01-02T03:04:05+01:00', 'infinity', 17]) {
    assert.equal(canonical(type, bad), undefined, String(bad))
  }
})

test('a date is a day and nothing else', () => {
  const type = { kind: 'date' } as const
  assert.equal(canonical(type, '2024-02-29Z'), '2024-02-29')
  assert.equal(canonical(type, '2024-02-29'), '2024-02-29')
  assert.equal(canonical(type, '+10000-01-01Z'), undefined)
})

test('an integer has 32 bits, a bigint any number of digits', () => {
  assert.equal(canonical({ kind: 'integer' }, 2147483648), undefined)
  assert.equal(canonical({ kind: 'integer' }, -2147483648), -2147483648)
  assert.equal(canonical({ kind: 'bigint' }, Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
  assert.equal(canonical({ kind: 'bigint' }, Number.MAX_SAFE_INTEGER + 1), undefined)
  assert.equal(canonical({ kind: 'boolean' }, 1), undefined)
})
