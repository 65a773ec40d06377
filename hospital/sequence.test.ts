import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLsn, formatSequence, parseLsn, parseSequence, sequenceOfTexts } from './sequence.ts'

test('invariant 3: comparing sequences as strings orders changes, whatever the size of the LSNs', () => {
  const inOrder = [
    formatSequence(0n, 0n, 0),
    formatSequence(9n, 10n, 1),
    formatSequence(10n, 11n, 0),
    formatSequence(10n, 11n, 1),
    formatSequence(10n, 0xfffffffffn, 0),
    formatSequence(0xffffffffn, 0xffffffffn, 0),
    formatSequence(0x100000000n, 1n, 0),
    formatSequence(0xffffffffffffffffn, 0xffffffffffffffffn, 0xffff),
  ]
  assert.deepEqual([...inOrder].reverse().sort(), inOrder)
})

test('a sequence reads back as what it was made of', () => {
  assert.deepEqual(parseSequence(formatSequence(1n, 0xabcdefn, 7)), {
    lastCommitLsn: 1n,
    lsn: 0xabcdefn,
    ordinal: 7,
  })
  for (const bad of ['', '1/2/3', formatSequence(1n, 2n, 3).toUpperCase().replace('0001', '000G')]) {
    assert.throws(() => parseSequence(bad), RangeError)
  }
})

test('an LSN that does not fit is refused, not cut', () => {
  assert.throws(() => formatSequence(-1n, 0n, 0), RangeError)
  assert.throws(() => formatSequence(1n << 64n, 0n, 0), RangeError)
  assert.throws(() => formatSequence(0n, 0n, 0x10000), RangeError)
})

test('an LSN reads and writes as PostgreSQL does', () => {
  assert.equal(parseLsn('16/B374D848'), 0x16b374d848n)
  assert.equal(formatLsn(0x16b374d848n), '16/B374D848')
  assert.equal(formatLsn(parseLsn('0/0')), '0/0')
  assert.throws(() => parseLsn('16-B374D848'), RangeError)
})

test('a sequence of decimal texts is that of their numbers, however long', () => {
  for (const [commit, lsn] of [
    ['0', '0'],
    ['26484648', '26484776'],
    ['999999999999999', '1000000000000000'],
    ['9007199254740993', '18446744073709551615'],
  ] as const) {
    assert.equal(sequenceOfTexts(commit, lsn, 1), formatSequence(BigInt(commit), BigInt(lsn), 1))
  }
  assert.throws(() => sequenceOfTexts('1', '18446744073709551616', 1), RangeError)
})
