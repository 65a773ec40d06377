/** A snapshot of PostgreSQL: which transactions it sees. Full 64-bit transaction ids. */
export interface Visibility {
  xmax: bigint
  running: bigint[]
}

const WRAP = 4_294_967_296n
const HALF = 2_147_483_648n
/** Commits are stamped by a clock that may step a little; a transaction that old has surely been seen. */
const CLOCK_MARGIN_MS = 3_600_000

/** Reads `xmin:xmax:xip,…`. */
export function parseSnapshot(text: string): Visibility {
  const match = /^\d+:(\d+):([\d,]*)$/.exec(text)
  if (!match) throw new RangeError('not a pg_snapshot')
  return { xmax: BigInt(match[1]!), running: match[2] ? match[2].split(',').map(BigInt) : [] }
}

/**
 * SQL for DuckDB that is true of a change whose transaction the snapshot sees. Changes carry the low 32 bits of
 * their transaction's id, so ids are compared on their circle, and only near the snapshot's time.
 */
export function visibleSql(visibility: Visibility, at: string): string {
  const xmax = visibility.xmax % WRAP
  const ahead = `((("txId" - ${xmax} + ${HALF}) % ${WRAP} + ${WRAP}) % ${WRAP} - ${HALF})`
  const running = visibility.running.map((xid) => xid % WRAP)
  const unseen = [`${ahead} >= 0`, ...(running.length > 0 ? [`"txId" IN (${running.join(', ')})`] : [])]
  const near = new Date(Date.parse(at) - CLOCK_MARGIN_MS).toISOString()
  return `("txId" IS NULL OR "committedAt" < '${near}'::TIMESTAMPTZ OR NOT (${unseen.join(' OR ')}))`
}
