import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import { encodeVersion } from './version.ts'

const MAX = 2n ** 64n - 1n
/** Small, close and extreme numbers, so that every part decides an order somewhere. */
function someNumber(random: () => number): bigint {
  const pick = Math.floor(random() * 6)
  if (pick === 0) return 0n
  if (pick === 1) return MAX
  if (pick === 2) return BigInt(Math.floor(random() * 3))
  if (pick === 3) return MAX - BigInt(Math.floor(random() * 3))
  return BigInt(Math.floor(random() * 2 ** 32)) * BigInt(Math.floor(random() * 2 ** 32))
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

test('invariant 3: versions stand in the order of the sequences, and no two sequences share one', () => {
  const random = seeded(4)
  const sequences = Array.from({ length: 4_000 }, () =>
    formatSequence(someNumber(random), someNumber(random), Math.floor(random() * 3) * 0x7fff),
  )
  const sorted = [...new Set(sequences)].sort()
  assert.ok(sorted.length > 1_000)
  for (let i = 1; i < sorted.length; i++) {
    assert.ok(BigInt(encodeVersion(sorted[i - 1]!)) < BigInt(encodeVersion(sorted[i]!)), sorted[i])
  }
  assert.equal(encodeVersion(formatSequence(0n, 0n, 0)), '0')
  assert.equal(BigInt(encodeVersion(formatSequence(MAX, MAX, 0xffff))), 2n ** 144n - 1n)
})

test('what is no sequence has no version', () => {
  for (const bad of ['', 'f'.repeat(36), `${'0'.repeat(16)}/${'0'.repeat(16)}/00g0`]) {
    assert.throws(() => encodeVersion(bad), RangeError)
  }
})
