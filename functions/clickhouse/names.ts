/** Tables beside those of the catalog, all in one database. */
export const TRUNCATES = 'truncates'
export const CHANGE_BATCHES = 'change_batches'
export const SCHEMA_VERSIONS = 'schema_versions'

/** Columns that every table has beside its own. */
export const OTHER = '_other'
export const COMMITTED_AT = '_committed_at'
export const VERSION = '_version'
export const IS_DELETED = '_is_deleted'

/** The view of a table's rows as they are now. */
export function currentView(table: string): string {
  return `${table}_current`
}

/** A name as ClickHouse quotes it. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}

/** A text as ClickHouse quotes it. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** A table of a database, quoted. */
export function at(database: string, table: string): string {
  return `${quoted(database)}.${quoted(table)}`
}
