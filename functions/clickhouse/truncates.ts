import { at, literal, TRUNCATES, VERSION } from './names.ts'

/** True of rows that no truncate of their table has ended, in whatever order the two arrived. */
export function notTruncatedSql(database: string, table: string): string {
  return `${VERSION} >= (SELECT coalesce(maxOrNull(version) + 1, 0) FROM ${at(database, TRUNCATES)}
  WHERE table_name = ${literal(table)})`
}
