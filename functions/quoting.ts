/** A name as DuckDB and PostgreSQL quote it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as DuckDB and PostgreSQL quote it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
