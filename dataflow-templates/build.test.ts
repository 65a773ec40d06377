import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readRows } from './build.ts'

const text = readFileSync(join(import.meta.dirname, 'data', 'interactions.csv'), 'utf8')
const page = readFileSync(
  join(import.meta.dirname, '..', 'docs', 'dataflow', 'interaction-alerts.md'),
  'utf8',
)

test('the interaction table: each pair once, a known severity, and the address of a text that states it', () => {
  assert.equal(text.split('\n')[0], 'a,b,severity,effect,label,source')
  const pairs = new Set<string>()
  for (const [a, b, severity, effect, label, source] of readRows(text)) {
    const pair = [a, b].sort().join(' with ')
    assert.ok(a !== b && !pairs.has(pair), pair)
    pairs.add(pair)
    assert.match(severity!, /^(moderate|major|contraindicated)$/, pair)
    assert.ok(effect && label, pair)
    assert.match(source!, /^https?:\/\/[^\s,"]+$/, pair)
    assert.equal(new URL(source!).href, source, pair)
  }
})

test('the page says how many pairs there are', () => {
  assert.ok(page.includes(`${readRows(text).length} pairs`))
})

test('rows of another width, or with quotes, are refused', () => {
  assert.deepEqual(readRows('a,b\n1,\n'), [['1', '']])
  assert.throws(() => readRows('a,b\n1\n'), RangeError)
  assert.throws(() => readRows('a,b\n"1",2\n'), RangeError)
})
