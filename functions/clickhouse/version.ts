import { parseSequence, type Sequence } from '@pipeline/hospital/sequence.ts'

/** Bits of `lsn` and `ordinal` below the commit LSN: 64 + 16. */
const BELOW_COMMIT = 80n
const BELOW_LSN = 16n

/**
 * A sequence as one number in decimal, the version of a ReplacingMergeTree: 64 bits of commit LSN, 64 of LSN and 16
 * of ordinal, so that numbers stand in the order of the texts and no two sequences share one. Throws a RangeError on
 * another format.
 */
export function encodeVersion(sequence: Sequence): string {
  const { lastCommitLsn, lsn, ordinal } = parseSequence(sequence)
  return ((lastCommitLsn << BELOW_COMMIT) | (lsn << BELOW_LSN) | BigInt(ordinal)).toString()
}

/** ClickHouse SQL that gives the sequence back from its number. */
export function sequenceSql(version: string): string {
  const hex = `leftPad(lower(hex(${version})), 36, '0')`
  return `concat(substring(${hex}, 1, 16), '/', substring(${hex}, 17, 16), '/', substring(${hex}, 33, 4))`
}
