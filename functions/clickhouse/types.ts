import type { Column, ColumnType, Table } from '@pipeline/hospital/catalog.ts'

/**
 * The type that keeps every value of a column exactly. Dates and times are ISO texts: Date32 silently turns year 9999
 * into 2299 and anything before 1900 into 1900, and DateTime64 does on many servers. Texts of one width compare as
 * the times do.
 */
export function exactType(type: ColumnType): string {
  switch (type.kind) {
    case 'bigint':
      return 'Int64'
    case 'integer':
      return 'Int32'
    case 'boolean':
      return 'Bool'
    case 'numeric':
      return `Decimal(${type.precision}, ${type.scale})`
    case 'text':
    case 'date':
    case 'timestamp':
    case 'json':
      return 'String'
  }
}

/**
 * A column's type in a table of ClickHouse. Only the key is never null: a delete has no other values, and a column
 * that PostgreSQL dropped has none any more; neither may be made up.
 */
export function storedType(table: Table, { name, type }: Column): string {
  return table.key.includes(name) ? exactType(type) : `Nullable(${exactType(type)})`
}
