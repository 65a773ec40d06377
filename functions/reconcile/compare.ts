import type { SourceColumn } from './columns.ts'
import { addExpected, bucketsOf, createExpected, type Difference, differences } from './fold.ts'
import type { Bucket, Ranging } from './postgres.ts'
import type { TableInput } from './table-input.ts'

/** The buckets that are not the same on both sides. */
export function differingBuckets(expected: readonly Bucket[], found: readonly Bucket[]): string[] {
  const theirs = new Map(found.map((bucket) => [bucket.bucket, bucket]))
  const differing = new Set<string>()
  for (const { bucket, count, sum } of expected) {
    const other = theirs.get(bucket)
    if (!other || other.count !== count || other.sum !== sum) differing.add(bucket)
    theirs.delete(bucket)
  }
  for (const bucket of theirs.keys()) differing.add(bucket)
  return [...differing]
}

/** Compares a store's rows with PostgreSQL's: how many there are, and the keys that differ. */
export async function compareRows(
  input: TableInput,
  rows: string,
  ranging: Ranging,
  columns: readonly SourceColumn[],
): Promise<{ count: number; found: Difference[]; total: number }> {
  const { db, source, table } = input
  const expected = await source.buckets(table, columns, ranging)
  const buckets = await bucketsOf(db, rows, ranging)
  const conflicting = await db.rows(`SELECT 1 AS found FROM ${rows} WHERE versions > 1 LIMIT 1`)
  const all = [...expected, ...buckets].map(({ bucket }) => bucket)
  const differing = conflicting.length > 0 ? [...new Set(all)] : differingBuckets(expected, buckets)
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0)
  if (differing.length === 0) return { count, found: [], total: 0 }
  await createExpected(db)
  for await (const page of source.rows(table, columns, ranging, differing)) await addExpected(db, page)
  return { count, ...(await differences(db, rows, ranging, differing)) }
}
