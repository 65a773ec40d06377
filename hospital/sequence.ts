/** `lastCommitLsn/lsn/ordinal` in fixed-width hex: comparing two as strings orders the changes. */
export type Sequence = string

export const SEQUENCE_PATTERN = /^[0-9a-f]{16}\/[0-9a-f]{16}\/[0-9a-f]{4}$/

/** Decimal digits that are below 2^53 whatever they are. */
const SAFE_DIGITS = 15

function padded(value: number, width: number): string {
  return value.toString(16).padStart(width, '0')
}

function hex(value: bigint, width: number): string {
  // A number's hex takes a third of a bigint's time, and LSNs are below 2^53 for the first nine petabytes of WAL.
  const text =
    value >= 0n && value <= Number.MAX_SAFE_INTEGER ? Number(value).toString(16) : value.toString(16)
  if (value < 0n || text.length > width) throw new RangeError(`LSN out of range: ${value}`)
  return text.padStart(width, '0')
}

/** Orders a change: by the commit before its transaction, its own place in the WAL, then `ordinal` for rows of one place. */
export function formatSequence(lastCommitLsn: bigint, lsn: bigint, ordinal: number): Sequence {
  return `${hex(lastCommitLsn, 16)}/${hex(lsn, 16)}/${hex(BigInt(ordinal), 4)}`
}

/** `formatSequence` of decimal texts, as Debezium has them. */
export function sequenceOfTexts(lastCommitLsn: string, lsn: string, ordinal: number): Sequence {
  if (lastCommitLsn.length > SAFE_DIGITS || lsn.length > SAFE_DIGITS)
    return formatSequence(BigInt(lastCommitLsn), BigInt(lsn), ordinal)
  return `${padded(Number(lastCommitLsn), 16)}/${padded(Number(lsn), 16)}/${padded(ordinal, 4)}`
}

/** The parts of a sequence. Throws a RangeError on another format. */
export function parseSequence(sequence: Sequence): { lastCommitLsn: bigint; lsn: bigint; ordinal: number } {
  if (!SEQUENCE_PATTERN.test(sequence)) throw new RangeError('not a sequence: expected 16/16/4 hex digits')
  const [commit, lsn, ordinal] = sequence.split('/') as [string, string, string]
  return {
    lastCommitLsn: BigInt(`0x${commit}`),
    lsn: BigInt(`0x${lsn}`),
    ordinal: Number.parseInt(ordinal, 16),
  }
}

/** A PostgreSQL pg_lsn text (`16/B374D848`) as a number. */
export function parseLsn(text: string): bigint {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text)
  if (!match) throw new RangeError('not an LSN: expected XXXXXXXX/XXXXXXXX')
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)
}

/** An LSN as PostgreSQL writes it. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffffffffn).toString(16).toUpperCase()}`
}
