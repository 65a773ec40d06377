import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { catalog, type Table } from '@pipeline/hospital/catalog.ts'
import { root } from '../paths.ts'
import { baseModelSql, baseModelYaml, watermarkSql } from './base-models.ts'
import { changeLagsSql } from './change-lags.ts'
import { latestModelSql, latestModelYaml, versionsModelSql, versionsModelYaml } from './latest-models.ts'
import { sourcesYaml } from './sources.ts'

/** The dbt project's folder. */
export const dbtProject = join(root, 'dbt')

/** Every file of the dbt project that comes from the catalog, by its path in the project. */
export function generatedFiles(tables: readonly Table[] = catalog): Map<string, string> {
  const files = new Map([
    ['models/sources.yml', sourcesYaml(tables)],
    ['models/staging/load_watermark.sql', watermarkSql(tables)],
    ['models/staging/operations/change_lags.sql', changeLagsSql(tables)],
  ])
  for (const table of tables) {
    files.set(`models/staging/latest/latest_${table.name}.sql`, latestModelSql(table))
    files.set(`models/staging/latest/latest_${table.name}.yml`, latestModelYaml(table))
    if (table.kind === 'dimension') {
      files.set(`models/staging/history/versions_${table.name}.sql`, versionsModelSql(table))
      files.set(`models/staging/history/versions_${table.name}.yml`, versionsModelYaml(table))
    }
    files.set(`models/staging/base/base_${table.name}.sql`, baseModelSql(table))
    files.set(`models/staging/base/base_${table.name}.yml`, baseModelYaml(table))
  }
  return files
}

if (import.meta.main) {
  for (const [path, text] of generatedFiles()) await writeFile(join(dbtProject, path), text)
}
