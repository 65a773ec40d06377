import type { Table } from '@pipeline/hospital/catalog.ts'
import { GENERATED } from './sources.ts'

/** How long changes take to the warehouse, by table. */
export function changeLagsSql(tables: readonly Table[]): string {
  const logs = tables.map(({ name }) => `  '${name}': source('raw', '${name}_changes'),\n`)
  return `-- ${GENERATED}\n{{ change_lags({\n${logs.join('')}}) }}\n`
}
