import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Evidence, explain } from './explain.ts'
import { worst } from './report.ts'

const nothing: Evidence = {
  store: 'raw',
  rows: 3,
  differences: [],
  more: 0,
  contradicted: new Set(),
  open: 0,
  faults: [],
  notes: [],
}
const two = [
  { key: '1', sequence: null, kind: 'missing' as const },
  { key: '2', sequence: 'x', kind: 'changed' as const },
]

test('without differences a store is equal, though changes without effect are still to come', () => {
  assert.equal(explain(nothing).status, 'equal')
  assert.equal(explain({ ...nothing, open: 5 }).status, 'equal')
})

test('differences are late only while something is still to come', () => {
  assert.deepEqual(
    [
      explain({ ...nothing, differences: two, open: 5 }).status,
      explain({ ...nothing, differences: two, open: 5 }).behindBy,
    ],
    ['behind', 5],
  )
  assert.equal(explain({ ...nothing, differences: two, open: null }).status, 'behind')
  const different = explain({ ...nothing, differences: two })
  assert.equal(different.status, 'different')
  assert.deepEqual(different.keys, ['1 (missing)', '2 (changed)'])
})

test('a contradiction or a fault is a difference, whatever is still to come', () => {
  const contradicted = explain({ ...nothing, differences: two, open: 9, contradicted: new Set(['2']) })
  assert.deepEqual([contradicted.status, contradicted.keys], ['different', ['2 (changed)']])
  assert.equal(explain({ ...nothing, faults: ['an object is broken'] }).status, 'different')
})

test('the worst state is the whole state', () => {
  assert.equal(worst(['equal', 'behind', 'different']), 'different')
  assert.equal(worst(['equal', 'behind']), 'behind')
  assert.equal(worst([]), 'equal')
})
