import { changesSpec, LEDGER, type TableSpec } from '@pipeline/functions/warehouse/bigquery/schema.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { Manifest } from './compile.ts'
import type { Column, GoogleSql } from './googlesql/engine.ts'
import { ofCatalog } from './googlesql/types.ts'

/** `project.dataset.table` of a relation as dbt writes it. */
export function plainName(relation: string): string {
  return relation.replaceAll('`', '')
}

export function specColumns({ metadata }: TableSpec): Column[] {
  return metadata.schema.fields.map(({ name, type }) => ({ name: name!, type: type! }))
}

/**
 * Gives GoogleSQL the tables that dbt only reads: change logs and ledger in the very shape in which the warehouse's
 * adapter makes them, the others as the project describes them. Returns what the project says of the first otherwise.
 */
export function addSources(sql: GoogleSql, manifest: Manifest): string[] {
  const specs = new Map(
    [LEDGER, ...catalog.map((table) => changesSpec(table, {}))].map((spec) => [spec.name, spec]),
  )
  const wrong: string[] = []
  for (const { name, unique_id, relation_name, columns } of Object.values(manifest.sources)) {
    const described = Object.values(columns).map((each) => ({
      name: each.name,
      type: ofCatalog(each.data_type ?? ''),
    }))
    const spec = unique_id.startsWith('source.hospital.raw.') ? specs.get(name) : undefined
    const real = spec ? specColumns(spec) : described
    for (const column of described) {
      const there = real.find((each) => each.name === column.name)
      if (there?.type !== column.type)
        wrong.push(
          `${unique_id}: ${column.name} is ${there?.type ?? 'not there'}, described as ${column.type}`,
        )
    }
    sql.setTable(plainName(relation_name!), real)
  }
  return wrong
}
