import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coveredBy, fitsName, type LakeName, lakeName, parseLakeName } from './lake-names.ts'

const parts: LakeName = {
  table: 'visits',
  day: '20240131',
  topic: 'postgres-source.public.visits',
  partition: 1,
  firstOffset: 42,
  lastOffset: 9007199254740991,
}
const name =
  'changes/visits/date=20240131/postgres-source.public.visits-1-00000000000000000042-00009007199254740991.ndjson.gz'

test('a batch has one name, and the name gives its parts back', () => {
  assert.equal(lakeName(parts), name)
  assert.deepEqual(parseLakeName(name), parts)
})

test('a topic that itself ends in numbers is read back whole', () => {
  const odd = { ...parts, topic: 'a-1-2', partition: 0 }
  assert.deepEqual(parseLakeName(lakeName(odd)), odd)
})

test('names sort by offset within a day', () => {
  const names = [9, 10, 100, 2].map((offset) => lakeName({ ...parts, firstOffset: offset, lastOffset: 200 }))
  const sorted = [...names].sort().map((each) => parseLakeName(each)?.firstOffset)
  assert.deepEqual(sorted, [2, 9, 10, 100])
})

test('invariant 5: nothing is guessed: parts that could climb out of the prefix are refused', () => {
  const bad: Partial<LakeName>[] = [
    { table: '../secrets' },
    { table: 'a/b' },
    { table: '' },
    { table: 'Visits' },
    { topic: 'a/b' },
    { topic: '..' },
    { topic: 'a..b' },
    { topic: '.hidden' },
    { topic: 'new\nline' },
    { day: '2024-01-31' },
    { partition: -1 },
    { partition: 1.5 },
    { firstOffset: -1 },
    { firstOffset: 5, lastOffset: 4 },
    { lastOffset: 2 ** 53 },
  ]
  for (const part of bad)
    assert.throws(() => lakeName({ ...parts, ...part }), RangeError, JSON.stringify(part))
})

test('another name is not read as a batch', () => {
  const others = [
    '',
    'changes/visits/',
    name.replace('.gz', ''),
    name.replace('changes/', 'change/'),
    name.replace('-1-', '-01-'),
    name.replace('00000000000000000042', '42'),
    name.replace('00009007199254740991', '99999999999999999999'),
    name.replace('00009007199254740991', '00000000000000000041'),
    `x/${name}`,
    `${name}.bak`,
    name.replace('visits/', 'visits/../visits/'),
  ]
  for (const other of others) assert.equal(parseLakeName(other), undefined, other)
})

test('the name of a compacted object says exactly which offsets it answers for', () => {
  const gaps = [
    { first: 8, last: 8 },
    { first: 100, last: 9_999_999 },
  ]
  const compacted = { ...parts, firstOffset: 7, lastOffset: 90_000_000, compacted: { level: 3, gaps } }
  const name = lakeName(compacted)
  assert.match(name, /-00000000000000000007-00000000000090000000\.3\.1-1_2j-[0-9a-z]+\.parquet$/)
  assert.deepEqual(parseLakeName(name), compacted)
  assert.deepEqual(coveredBy(compacted), [
    { first: 7, last: 7 },
    { first: 9, last: 99 },
    { first: 10_000_000, last: 90_000_000 },
  ])
  const whole = { ...compacted, compacted: { level: 1, gaps: [] } }
  assert.deepEqual(parseLakeName(lakeName(whole)), whole)
  assert.deepEqual(coveredBy(whole), [{ first: 7, last: 90_000_000 }])
  assert.equal(fitsName(whole), true)
  const many = Array.from({ length: 80 }, (_, n) => ({ first: 10 + 2 * n, last: 10 + 2 * n }))
  assert.equal(fitsName({ ...compacted, compacted: { level: 1, gaps: many } }), false)
})

test('gaps that no compaction writes are no name of ours', () => {
  const name = (end: string) =>
    `changes/visits/date=20240305/t-0-${'7'.padStart(20, '0')}-${'20'.padStart(20, '0')}.${end}`
  assert.ok(parseLakeName(name('1.1-1.parquet')))
  for (const end of [
    '0.parquet',
    '01.parquet',
    '1.0-1.parquet',
    '1.1-0.parquet',
    '1.1-d.parquet',
    '1.1-1_0-1.parquet',
    '1.1.parquet',
    '1.-.parquet',
    'parquet',
    '1.1-1_.parquet',
    '1..parquet',
    '1.01-1.parquet',
  ]) {
    assert.equal(parseLakeName(name(end)), undefined, end)
  }
  for (const gap of [
    { first: 7, last: 8 },
    { first: 9, last: 8 },
    { first: 9, last: 20 },
  ]) {
    assert.throws(
      () => lakeName({ ...parts, firstOffset: 7, lastOffset: 20, compacted: { level: 1, gaps: [gap] } }),
      RangeError,
    )
  }
})
