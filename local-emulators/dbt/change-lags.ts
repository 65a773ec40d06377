import type { Table } from '@pipeline/hospital/catalog.ts'
import { GENERATED, logsDictionary } from './sources.ts'

/** How long changes take to the warehouse, by table. */
export function changeLagsSql(tables: readonly Table[]): string {
  return `-- ${GENERATED}\n{{ change_lags({\n${logsDictionary(tables)}}) }}\n`
}
