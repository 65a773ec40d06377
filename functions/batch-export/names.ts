/** Below this lies all that exports write. */
export const EXPORTS = 'exports/'

/** Where an export of a table on a UTC day (YYYYMMDD) lies. */
export function exportPrefix(table: string, day: string): string {
  return `${EXPORTS}${table}/date=${day}/`
}

/** A part is named by what is in it. */
export function partName(table: string, day: string, hash: string): string {
  return `${exportPrefix(table, day)}${table}-${hash.slice(0, 40)}.parquet`
}

/** Rows of a part's chunk that Parquet can't hold; readers of a folder pass over names with `_`. */
export function refusedName(table: string, day: string, hash: string): string {
  return `${exportPrefix(table, day)}_refused-${hash.slice(0, 40)}.ndjson`
}

/** Written last: a folder without it is no export. */
export function manifestName(table: string, day: string): string {
  return `${exportPrefix(table, day)}_manifest.json`
}

/** Where the records of whole exports lie, one a day. */
export const RECORDS = `${EXPORTS}_exports/`

export function recordName(day: string): string {
  return `${RECORDS}date=${day}.json`
}
