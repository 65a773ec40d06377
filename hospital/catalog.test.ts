import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog, changeTopic, findTable, tablesOfKind } from './catalog.ts'

test('the catalog has the six tables, dimensions before the facts that reference them', () => {
  const seen = new Set<string>()
  for (const table of catalog) {
    for (const { references } of table.columns) {
      if (references) assert.ok(seen.has(references), `${table.name} before ${references}`)
    }
    seen.add(table.name)
  }
  assert.deepEqual(
    tablesOfKind('dimension').map(({ name }) => name),
    ['doctors', 'patients', 'medicines'],
  )
  assert.deepEqual(
    tablesOfKind('fact').map(({ name }) => name),
    ['visits', 'prescriptions', 'billing_payments'],
  )
})

test('keys are columns of their table and not nullable', () => {
  for (const { name, key, columns } of catalog) {
    assert.ok(key.length > 0)
    for (const part of key) {
      const column = columns.find((each) => each.name === part)
      assert.ok(column && !column.nullable, `${name}.${part}`)
    }
  }
})

test('invariant 8: every column that names a patient carries its class', () => {
  const identifying = catalog.flatMap(({ name, columns }) =>
    columns.filter(({ identifies }) => identifies === 'patient').map((column) => `${name}.${column.name}`),
  )
  assert.deepEqual(identifying, ['patients.full_name', 'patients.contact_info', 'patients.insurance_id'])
})

test('a prescription carries its visit and its time', () => {
  const names = findTable('prescriptions')!.columns.map(({ name }) => name)
  assert.ok(names.includes('visit_id') && names.includes('prescribed_at'))
})

test('a table is found by its name alone', () => {
  assert.equal(findTable('wards'), undefined)
  assert.equal(findTable('constructor'), undefined)
  assert.equal(changeTopic('visits'), 'postgres-source.public.visits')
})
